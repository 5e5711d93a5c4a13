// Makes tables of the numbers. Knows neither how they came to be nor what they should be.

export const median = (numbers) => {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
};

const ms = (value) => (value < 10 ? value.toFixed(1) : value.toFixed(0));

/** One workload as lines: a row a tool; median, times ninja, spread; peak memory in MB of its cold run and no-op. */
export function tableOf({ name, about, results }) {
  const phases = [...new Set(results.map(({ phase }) => phase).filter((phase) => phase !== null))];
  const peers = [...new Set(results.filter(({ phase }) => phase !== null).map(({ peer }) => peer))];
  const at = (peer, phase) => results.find((each) => each.peer === peer && each.phase === phase);
  const reasons = [];
  const cell = (peer, phase) => {
    const result = at(peer, phase);
    if (result === undefined) return '-';
    if (result.refused !== null) {
      if (result.refused === 'reruns') return 'reruns';
      reasons.push(`  ${peer}, ${phase}: no number: ${result.refused}`);
      return 'refused';
    }
    if (result.timesMs.length === 0) return '-';
    const ninja = at('ninja', phase)?.timesMs ?? [];
    const ratio =
      peer === 'ninja' || ninja.length === 0
        ? ''
        : ` x${(median(result.timesMs) / median(ninja)).toFixed(2)}`;
    if (result.note) reasons.push(`  ${peer}, ${phase}: * ${result.note}`);
    const spread = `${ms(Math.min(...result.timesMs))}..${ms(Math.max(...result.timesMs))}`;
    return `${ms(median(result.timesMs))}${ratio} (${spread})${result.note ? '*' : ''}`;
  };
  const memory = (peer, phase) => {
    const result = at(peer, phase);
    const kb = result?.largestKb ?? result?.treeKb ?? null;
    return kb === null ? '-' : (kb / 1024).toFixed(0);
  };
  const withMemory = phases.filter((phase) => phase === 'cold' || phase === 'no-op');
  const rows = [
    ['', ...phases, ...withMemory.map((phase) => `${phase} MB`)],
    ...peers.map((peer) => [
      peer,
      ...phases.map((phase) => cell(peer, phase)),
      ...withMemory.map((phase) => memory(peer, phase)),
    ]),
  ];
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  const left = results.filter(({ phase, refused }) => phase === null && refused !== 'n/a');
  return [
    `${name}: ${about}; ms: median, x ninja's (min..max)`,
    ...rows.map((row) => `  ${row.map((text, column) => text.padEnd(widths[column])).join('  ')}`.trimEnd()),
    ...new Set(reasons),
    ...left.map(({ peer, refused }) => `  ${peer}: left out: ${refused}`),
    '',
  ].join('\n');
}

/** What stands in the JSON file: the numbers with their medians, and what they were taken with. */
export const withMedians = (workloads) =>
  workloads.map((workload) => ({
    ...workload,
    results: workload.results.map((result) => ({
      ...result,
      medianMs: result.timesMs.length > 0 ? median(result.timesMs) : null,
      minMs: result.timesMs.length > 0 ? Math.min(...result.timesMs) : null,
      maxMs: result.timesMs.length > 0 ? Math.max(...result.timesMs) : null,
    })),
  }));

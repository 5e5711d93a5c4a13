// Compares measured numbers with the goals of goals.json. Measures nothing. A goal is about orch in one phase of one
// workload:
//   { "atMost": 6, "times": "ninja" }           its time is at most 6 x ninja's there; `timesPhase`, `timesWorkload`
//                                               where the other number is of another phase or workload
//   { "fasterBy": 3, "than": "doit" }           its time is at most a third of doit's; "*" is every peer that goes by content
//   { "atMost": 1.5, "overNoop": "ninja" }      what it takes above its no-op, against the same of ninja
//   { "atMostMb": 100 }                         the peak of its largest process
//   { "perTaskAtMost": "layers-1000" }          a task takes no longer than in that workload
// `stretch` stands beside `atMost` or `atMostMb`: what is hoped for, printed and not required.

/** `[{ goal, state: 'met' | 'short' | 'unmeasured', text }]`, one line of text each. */
export function checkGoals(goals, workloads) {
  return goals.flatMap((goal) => {
    if (goal.than !== '*') return [checkGoal(goal, workloads)];
    const rivals = resultsOf(workloads, goal.workload)
      .filter(({ phase, byContent, peer }) => phase === goal.phase && byContent && !peer.startsWith('orch'))
      .filter(({ medianMs }) => medianMs !== null);
    if (rivals.length === 0) return [unmeasured(goal, 'no peer that goes by content')];
    return rivals.map(({ peer }) => checkGoal({ ...goal, than: peer }, workloads));
  });
}

const resultsOf = (workloads, name) => workloads.find((each) => each.name === name)?.results ?? [];
const nameOf = (goal) => `${goal.workload}, ${goal.phase}`;
const unmeasured = (goal, lacks) => ({
  goal,
  state: 'unmeasured',
  text: `${nameOf(goal)}: not measured: ${lacks}`,
});

function checkGoal(goal, workloads) {
  const number = (peer, phase = goal.phase, workload = goal.workload, field = 'medianMs') =>
    resultsOf(workloads, workload).find((each) => each.peer === peer && each.phase === phase)?.[field] ??
    null;
  const judge = (value, limit, unit, what) => {
    if (value === null) return unmeasured(goal, what);
    const state = value <= limit ? 'met' : 'short';
    const hoped =
      goal.stretch === undefined
        ? ''
        : `, hoped for ${goal.stretch}${value <= goal.stretch ? ' (reached)' : ''}`;
    const sign = state === 'met' ? '<=' : '>';
    return {
      goal,
      state,
      text: `${nameOf(goal)}: ${round(value)}${unit} ${what} ${sign} ${round(limit)}${hoped}`,
    };
  };
  const orch = number('orch');
  if (goal.atMostMb !== undefined) {
    const kb = number('orch', goal.phase, goal.workload, 'largestKb');
    return judge(kb === null ? null : kb / 1024, goal.atMostMb, ' MB', 'of memory');
  }
  if (goal.perTaskAtMost !== undefined) {
    const tasks = (name) => workloads.find((each) => each.name === name)?.tasks ?? null;
    const other = number('orch', goal.phase, goal.perTaskAtMost);
    const value =
      orch === null || other === null
        ? null
        : orch / tasks(goal.workload) / (other / tasks(goal.perTaskAtMost));
    return judge(value, 1, 'x', `a task's time in ${goal.perTaskAtMost}`);
  }
  if (goal.overNoop !== undefined) {
    const parts = [orch, number('orch', 'no-op'), number(goal.overNoop), number(goal.overNoop, 'no-op')];
    const over = parts.includes(null) ? null : (parts[0] - parts[1]) / Math.max(parts[2] - parts[3], 0.001);
    return judge(over, goal.atMost, 'x', `the tasks' own time in ${goal.overNoop}`);
  }
  const other = goal.times ?? goal.than;
  const theirs = number(other, goal.timesPhase, goal.timesWorkload);
  const ratio = orch === null || theirs === null ? null : orch / theirs;
  return judge(ratio, goal.atMost ?? 1 / goal.fasterBy, 'x', other);
}

const round = (value) => (value < 10 ? value.toFixed(3).replace(/\.?0+$/, '') : value.toFixed(1));

/** The lines to print and how to exit: 1 where a goal falls short, 2 where none could be checked. */
export function verdictOf(checks) {
  const of = (wanted) => checks.filter(({ state }) => state === wanted);
  const [met, short, rest] = [of('met'), of('short'), of('unmeasured')];
  const line =
    (mark) =>
    ({ text }) =>
      `${mark} ${text}`;
  const text = [
    ...short.map(line('SHORT')),
    ...met.map(line('met  ')),
    ...rest.map(line('     ')),
    `${met.length} goals met, ${short.length} fall short, ${rest.length} not measured`,
  ].join('\n');
  return { text, exitCode: short.length > 0 ? 1 : met.length === 0 ? 2 : 0 };
}

// The validation report as a page for people: one file, no script, nothing fetched.

const STYLE = `body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:52rem;padding:0 1rem;color:#222}
table{border-collapse:collapse;width:100%;margin:1rem 0}th,td{text-align:left;padding:.3rem .6rem;border-bottom:1px solid #ddd}
td.n{text-align:right;font-variant-numeric:tabular-nums}.bad{color:#b00020;font-weight:600}.ok{color:#1b6e3c}
@media(prefers-color-scheme:dark){body{background:#161616;color:#ddd}th,td{border-color:#444}}`;

/** @param {Record<string, any>} report @param {{maxErrorRate: number, faults: string[]}} verdict */
export function reportPage(report, { maxErrorRate, faults }) {
  const verdict =
    faults.length === 0
      ? '<p class="ok">All checks passed.</p>'
      : `<p class="bad">Failed:</p><ul>${faults.map((fault) => `<li class="bad">${escaped(fault)}</li>`).join('')}</ul>`;
  const checks = report.checks.map(({ name, what, rows, rate }) => [
    escaped(name),
    escaped(what),
    number(rows),
    `<span class="${rate > maxErrorRate ? 'bad' : 'ok'}">${percent(rate)}</span>`,
  ]);
  const columns = report.columns.map(({ name, type, nulls, null_rate, min, max }) => [
    escaped(name),
    escaped(type),
    number(nulls),
    percent(null_rate),
    escaped(`${min ?? ''} … ${max ?? ''}`),
  ]);
  return `<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Trips of ${escaped(report.month)}</title>
<style>${STYLE}</style>
<h1>Trips of ${escaped(report.month)}</h1>
<p>${escaped(report.source_label)} · ${report.rows.toLocaleString('en-US')} rows · at most ${percent(maxErrorRate)} may fail a check</p>
${verdict}
<h2>Checks</h2>
${table(['Check', 'Rows counted', 'Rows', 'Share'], checks)}
<h2>Columns</h2>
${table(['Column', 'Type', 'Nulls', 'Share', 'Range'], columns)}
</html>
`;
}

function table(head, rows) {
  const cells = (row) =>
    row.map((cell) => `<td${/^[\d,.]+$/.test(cell) ? ' class="n"' : ''}>${cell}</td>`).join('');
  const body = rows.map((row) => `<tr>${cells(row)}</tr>`).join('\n');
  return `<table><tr>${head.map((cell) => `<th>${cell}</th>`).join('')}</tr>\n${body}\n</table>`;
}

function number(value) {
  return value.toLocaleString('en-US');
}

function percent(rate) {
  return `${(100 * rate).toFixed(2)} %`;
}

function escaped(text) {
  const entities = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
  return String(text).replaceAll(/[&<>"]/g, (character) => entities[character]);
}

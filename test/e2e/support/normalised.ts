/** What orch prints, with everything that differs from one time to the next replaced by a word for it. */
export function normalised(text: string): string {
  return text
    .replaceAll(/\d{8}-\d{6}-[0-9a-z]{6}/g, 'RUN')
    .replaceAll(/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d \((just now|\d+[smh] ago)\)/g, 'WHEN')
    .replaceAll(/\b[0-9a-f]{8} \(/g, 'DIGEST (')
    .replaceAll(/\bk1-[0-9a-f]{8}\b/g, 'KEY')
    .replaceAll(/\bit is \d+\w+ old/g, 'it is AGE old')
    .replaceAll(/\b\d+\.\d\ds\b/g, 'TIME');
}

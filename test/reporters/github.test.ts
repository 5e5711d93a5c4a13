import { describe, expect, it } from 'vitest';
import type { RunEvent } from '../../src/model/event.ts';
import { annotationCommand, createGithubReporter, GITHUB_FOLD } from '../../src/reporters/github.ts';
import { finished, runFinished, runStarted } from './events.ts';

function told(...events: RunEvent[]): { error: string; summary: string } {
  const all = { error: '', summary: '' };
  const report = createGithubReporter({
    error: (text) => {
      all.error += text;
    },
    placeOf: (task) => ({ file: 'ml/orch.yaml', line: task.length, column: 3 }),
    tailOfLog: () => 'first\n<last> 100%',
    summary: (text) => {
      all.summary += text;
    },
  });
  for (const event of events) report(event);
  return all;
}

describe('workflow commands', () => {
  it('escape what would end them early', () => {
    expect(
      annotationCommand({
        level: 'error',
        title: 'a: b, 100%',
        message: 'one\r\ntwo: 5%, ::x',
        place: { file: 'a,b:c.yaml', line: 2, column: 7 },
      }),
    ).toBe('::error file=a%2Cb%3Ac.yaml,line=2,col=7,title=a%3A b%2C 100%25::one%0D%0Atwo: 5%25, ::x');
    expect(GITHUB_FOLD.open('x\n::error::y')).toBe('::group::x%0A::error::y');
    expect(annotationCommand({ level: 'warning', title: 't', message: 'm', place: null })).toBe(
      '::warning title=t::m',
    );
  });

  it('mark each failure at its task', () => {
    expect(told(finished('ok'), finished('train', 'failed'), finished('next', 'upstream-failed')).error).toBe(
      "::error file=ml/orch.yaml,line=5,col=3,title=Task 'train' failed::the command exited with 1%0Afirst%0A<last> 100%25\n",
    );
  });
});

describe('the step summary', () => {
  it('is a table, failures first, with their last lines', () => {
    const { summary } = told(
      runStarted(4),
      finished('fresh', 'up-to-date'),
      finished('a|b_c', 'restored', 20),
      finished('train', 'failed', 3_200),
      finished('next', 'upstream-failed', 0),
      runFinished('failed'),
    );
    expect(summary).toBe(`### ❌ orch run all

1 run, 0 restored, 0 up to date, 1 failed, 0 skipped in 1.00s

| task | result | time | why |
|---|---|---:|---|
| ❌ train | exit 1 | 3.20s | never ran |
| a\\|b\\_c | restored from cache | 0.02s | never ran |
| next | not run: a task that it needs failed |  | never ran |

<details><summary>train: the command exited with 1</summary>

<pre>first
&lt;last&gt; 100%</pre>

</details>

`);
  });

  it('has no table where nothing was done', () => {
    expect(told(runStarted(1), finished('x', 'up-to-date'), runFinished()).summary).not.toContain('|');
  });

  it('stays readable with thousands of tasks', () => {
    const many = Array.from({ length: 3_000 }, (_each, at) => finished(`t${at}`));
    const { summary } = told(runStarted(3_000), ...many, runFinished());
    expect(summary.split('\n').filter((line) => line.startsWith('| t'))).toHaveLength(501);
    expect(summary).toContain('and 2500 more tasks');
  });
});

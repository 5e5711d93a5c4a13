/** What a task becomes: command, variables, parameters, settings, and what is refused. */
import { describe, expect, test } from 'vitest';
import { load, loadFiles, loadGood, loadTasks, places, scriptOf, troubleIn } from './load-text.ts';

describe('a command', () => {
  test.each([
    ['run: x', ['sh', '-e', '-c']],
    ['{run: x, shell: bash}', ['bash', '-e', '-o', 'pipefail', '-c']],
    ['{run: x, shell: dash}', ['dash', '-e', '-c']],
    ['{run: x, shell: [python3, -c]}', ['python3', '-c']],
    ['{run: x, shell: ["${{ params.sh }}", -c]}', ['zsh', '-c']],
  ])('of %s goes to %j', async (task, shell) => {
    const { a } = await loadTasks(`  a: ${task.startsWith('{') ? task : `{${task}}`}\n`, 'params: {sh: zsh}');
    expect(a!.run).toEqual({ kind: 'shell', shell, script: 'x' });
  });

  test('that is a list runs without a shell, values as they are', async () => {
    const { a } = await loadTasks(
      '  a: {run: [echo, "${{ params.p }}", 010, true]}\n',
      'params: {p: "a b\'c"}',
    );
    expect(a!.run).toEqual({ kind: 'argv', argv: ['echo', "a b'c", '010', 'true'] });
  });

  test('has its static values quoted for the shell', async () => {
    const { a } = await loadTasks(
      `  a: {run: 'echo \${{ params.p }} "\${{ params.p }}"'}\n`,
      'params: {p: "$(rm) \'x"}',
    );
    expect(scriptOf(a)).toBe(`echo '$(rm) '\\''x' "$(rm) 'x"`.replace('"$(rm) \'x"', `""'$(rm) '\\''x'""`));
  });

  test('without run is a group', async () => {
    expect(
      (await loadTasks('  a: {run: x}\n  g: {needs: [{task: a, order_only: true}]}\n'))['g']!.run,
    ).toBeNull();
  });

  test('paths are seen from dir, keys keep them from the root', async () => {
    const { a, b } = await loadTasks(
      [
        '  b: {run: x, outputs: {made: sub/made.txt}}',
        '  a:',
        '    run: "x ${{ inputs.i }} ${{ outputs[0] }} ${{ needs.b.outputs.made }}"',
        '    env: {OUT: "${{ outputs[0] }}"}',
        '    dir: ./sub/',
        '    needs: [b]',
        '    inputs: {i: data/i.txt}',
        '    outputs: ["${{ stem(inputs.i) }}.out"]',
      ].join('\n'),
    );
    expect(b!.dir).toBe('');
    expect(a).toMatchObject({
      dir: 'sub',
      run: { script: 'x ../data/i.txt ../i.out made.txt' },
      env: { OUT: '../i.out' },
      outputs: [{ path: 'i.out' }],
    });
  });

  test('keeps open what is known only when the task runs', async () => {
    const { a } = await loadTasks(
      '  a: {run: "x ${{ params.p }} ${{ inputs }} ${{ resources.cpu }} ${{ run.date }}", inputs: ["*.csv", b]}\n',
      'params: {p: 1}',
    );
    const { parts } = scriptOf(a) as { parts: readonly unknown[] };
    expect(
      parts.map((part) => (typeof part === 'string' ? part : (part as { source: string }).source)),
    ).toEqual([
      expect.stringMatching(/^x '?1'? $/),
      '${{ inputs }}',
      ' ',
      '${{ resources.cpu }}',
      expect.stringMatching(/^ '?2026-11-21'?$/),
    ]);
  });

  test('of another interpreter takes only values that mean nothing special', async () => {
    const before = 'params: {plain: a/b.csv, quote: "it\'s"}';
    const { a } = await loadTasks(
      `  a: {run: "print('\${{ params.plain }}')", shell: [python3, -c]}\n`,
      before,
    );
    expect(scriptOf(a)).toBe("print('a/b.csv')");
    const tasks = `  a: {run: "print('\${{ params.quote }}', '\${{ inputs }}')", shell: [python3, -c], inputs: ["*"]}\n`;
    expect(await troubleIn(tasks, before)).toMatchObject([
      { code: 'unquotable', hint: 'hand it over in a variable: env: {VALUE: "${{ params.quote }}"}' },
    ]);
  });

  test.each([
    ['a | b', true],
    ['a || b', false],
    ['echo \'|\' "|" # |', false],
    ['case $x in a|b) y;; esac', false],
    ['echo $((1|2))', false],
    ['x >| y', false],
    ['echo ${{ default(params.p || false, 1) }}', false],
    ['set -o pipefail; a | b', false],
    ['a \\| b', false],
    ['(a; b) | c', true],
  ])('with a pipe under plain sh is a warning: %j %j', async (script, warned) => {
    const diagnostics = await troubleIn(`  a: {run: ${JSON.stringify(script)}}\n`, 'params: {p: true}');
    expect(diagnostics.filter(({ code }) => code === 'pipe-status-lost')).toHaveLength(warned ? 1 : 0);
    expect(
      await troubleIn(`  a: {run: ${JSON.stringify(script)}, shell: bash}\n`, 'params: {p: true}'),
    ).toEqual(diagnostics.filter(({ code }) => code !== 'pipe-status-lost'));
  });
});

test('a NUL character in a command or variable is an error, wherever it comes from', async () => {
  const tasks =
    '  a: {run: "x\\0"}\n  b: {run: ["${{ params.p }}"]}\n  c: {run: x, env: {A: "\\0"}}\n  d: {run: "${{ params.p }}"}\n';
  expect(places(await troubleIn(tasks, 'params: {p: "\\0"}'))).toEqual([
    'error 4:12 bad-value',
    'error 5:14 bad-expression',
    'error 6:24 bad-value',
    'error 7:13 bad-expression',
  ]);
});

describe('variables', () => {
  test('of pipeline, defaults and task are layered, each seeing those before', async () => {
    const before = [
      'env: {A: "1", PATH: "/opt:${{ env.PATH }}", GONE: pipeline}',
      'defaults: {env: {A: "${{ env.A }}2", GONE: defaults}}',
    ].join('\n');
    const tasks =
      '  t: {run: "echo ${{ env.A }} ${{ env.HOME }}", env: {A: "${{ env.A }}3", N: 010, T: "${{ task }}"}}\n';
    const { t } = await loadTasks(tasks, before, { environment: { PATH: '/bin', HOME: '/home/u' } });
    expect(t!.env).toEqual({ A: '123', PATH: '/opt:/bin', GONE: 'defaults', N: '010', T: 't' });
    expect(scriptOf(t)).toMatch(/^echo '?123'? \/home\/u$/);
    expect(t!.mentionsTask).toBe(true);
  });

  test('that shaped the result are reported, present or not', async () => {
    const text =
      'version: 1\nenv: {A: x}\ntasks: {a: {run: "${{ env.A }} ${{ default(env.B, 1) }} ${{ env.C }}"}}\n';
    const { environmentUsed, diagnostics } = await load(text, { environment: { C: 'c', D: 'd' } });
    expect(environmentUsed).toEqual(['B', 'C']);
    expect(diagnostics).toEqual([]);
  });

  test('that are missing are an error', async () => {
    expect(await troubleIn('  a: {run: "${{ env.NO }}"}\n')).toMatchObject([
      { code: 'unknown-name', line: 3, column: 13 },
    ]);
  });

  test('that hold a secret stay open', async () => {
    const { a } = await loadTasks(
      '  a: {run: x, secrets: [TOKEN], env: {T: "Bearer ${{ secrets.TOKEN }}"}}\n',
    );
    expect(a!.env['T']).toMatchObject({ parts: ['Bearer ', { source: '${{ secrets.TOKEN }}' }] });
    expect(
      await troubleIn(
        '  a: {run: x, secrets: [T], env: {T: "${{ secrets.T }}"}, outputs: ["${{ env.T }}"]}\n',
      ),
    ).toMatchObject([{ code: 'not-static' }]);
  });
});

describe('what a task receives', () => {
  const params = 'params: {a: 1, b: 2, m: {x: 1, y: 2}, l: [1], unused: 0}';

  test('is what its own text mentions or lists', async () => {
    const tasks = [
      '  t:',
      '    run: "${{ params.m.x }} ${{ params.l[0] }} ${{ matrix.k }}"',
      '    matrix: {k: [1], other: [2]}',
      '    params: [m]',
      '    outputs: ["${{ params.a }}"]',
      '    retries: "${{ params.unused }}"',
    ].join('\n');
    const task = (await loadTasks(tasks, params))['t[k=1,other=2]']!;
    expect(task.params).toEqual({ a: 1, l: [1], m: { x: 1, y: 2 }, 'm.x': 1 });
    expect(task.matrixMentioned).toEqual({ k: 1 });
    expect(task.mentionsTask).toBe(false);
  });

  test('is everything where the name is computed', async () => {
    const { t } = await loadTasks('  t: {run: "${{ params[params.n] }}"}\n', 'params: {n: a, a: 1}');
    expect(t!.params).toEqual({ a: 1, n: 'a' });
  });

  test('must exist', async () => {
    const diagnostics = await troubleIn('  t: {run: "${{ params.aa }}", params: [unusd]}\n', params);
    expect(places(diagnostics)).toEqual(['error 4:13 unknown-name', 'error 4:41 unknown-parameter']);
    expect(diagnostics[1]!.hint).toBe('did you mean unused?');
  });
});

describe('settings', () => {
  test('are read with their defaults', async () => {
    const { a } = await loadTasks('  a: {run: x}\n');
    expect(a).toMatchObject({
      retries: { limit: 0, delayMs: 1000, backoff: 'fixed', maxDelayMs: null, jitter: false, on: null },
      timeoutMs: null,
      graceMs: 10_000,
      expiresMs: null,
      priority: 0,
      resources: {},
      probe: null,
      secrets: [],
      labels: [],
      tools: [],
      description: null,
    });
  });

  test('are read from the task, then the defaults, and may be expressions', async () => {
    const before = [
      'params: {cpus: 4, wait: 5s}',
      'defaults: {retries: 2, timeout: 1m, resources: {cpu: 1, memory: 1GB, license: 1}, labels: [x]}',
    ].join('\n');
    const tasks = [
      '  a: {run: x, resources: {cpu: "${{ params.cpus }}", memory: 2GiB}, grace: "${{ params.wait }}", probe: test -f y}',
      '  b: {run: x, retries: {limit: 3, delay: 2s, backoff: exponential, max_delay: 1m, jitter: true, on: [1, oom]}, expires: 1d, priority: 5}',
    ].join('\n');
    const { a, b } = await loadTasks(tasks, before);
    expect(a).toMatchObject({
      resources: { cpu: 4, memory: 2 ** 31, license: 1 },
      graceMs: 5_000,
      timeoutMs: 60_000,
      retries: { limit: 2 },
      labels: ['x'],
      probe: { script: 'test -f y' },
    });
    expect(b).toMatchObject({
      retries: {
        limit: 3,
        delayMs: 2_000,
        backoff: 'exponential',
        maxDelayMs: 60_000,
        jitter: true,
        on: [1, 'oom'],
      },
      expiresMs: 86_400_000,
      priority: 5,
    });
  });

  test('from expressions are checked like others', async () => {
    const tasks =
      '  a: {run: x, timeout: "${{ params.t }}", resources: {cpu: "${{ params.c }}"}, retries: {limit: "${{ params.c }}"}}\n';
    const diagnostics = await troubleIn(tasks, 'params: {t: soon, c: -1}');
    expect(diagnostics.map(({ code }) => code)).toEqual(['bad-value', 'bad-value', 'bad-value']);
  });

  test.each([
    ['{run: x}', false],
    ['{run: x, inputs: [i]}', true],
    ['{run: x, outputs: [o]}', true],
    ['{run: x, metrics: [o]}', true],
    ['{run: x, needs: [z]}', true],
    ['{run: x, needs: [{task: z, order_only: true}]}', false],
    ['{run: x, outputs: [o], cache: false}', false],
    ['{run: x, cache: true}', true],
  ])('%s is cached: %j', async (task, cacheable) => {
    const tasks = await loadTasks(`  z: {run: z, outputs: [z]}\n  a: ${task}\n`);
    expect(tasks['a']!.cacheable).toBe(cacheable);
  });
});

describe('mentions', () => {
  test.each([
    ['{run: "${{ run.id }}", outputs: [o]}', 'run-id-in-key'],
    ['{run: "${{ secrets.T }}"}', 'unknown-secret'],
    ['{run: "${{ needs.z.outputs }}"}', 'not-upstream'],
    ['{run: "${{ metrics.z.rmse }}"}', 'not-upstream'],
    ['{run: "${{ needs.zz.outputs }}", needs: [z]}', 'unknown-task'],
    ['{run: "${{ read_json(\'c.json\').x }}", inputs: [d.json]}', 'bad-expression'],
    ['{run: x, outputs: ["${{ resources.cpu }}"]}', 'not-static'],
    ['{run: x, inputs: ["${{ needs.z.outputs[0] }}"]}', 'not-static'],
    ['{run: x, inputs: ["*"], outputs: ["${{ inputs[0] }}.x"]}', 'not-static'],
    ['{run: x, dir: "${{ run.id }}"}', 'not-static'],
  ])('of %s are refused: %s', async (task, code) => {
    expect((await troubleIn(`  z: {run: z, outputs: [z]}\n  a: ${task}\n`)).map((each) => each.code)).toEqual(
      [code],
    );
  });

  test.each([
    '{run: "${{ run.id }}"}',
    '{run: "${{ run.attempt }}", outputs: [o]}',
    '{run: "${{ needs.z.outputs }} ${{ needs.z.status }}", needs: [z]}',
    '{run: "${{ needs.z.outputs }}", inputs: [z]}',
    '{run: "${{ metrics.z.rmse }}", needs: [y]}',
    '{run: "${{ metrics.z.rmse }}", inputs: ["*"]}',
    '{run: "${{ metrics.rmse }}", needs: [y]}',
    '{run: "${{ read_json(\'c.json\').x }}", inputs: [c.json]}',
  ])('of %s are fine', async (task) => {
    expect(
      await troubleIn(
        `  z: {run: z, outputs: [z]}\n  y: {run: y, inputs: [z], outputs: [y]}\n  a: ${task}\n`,
      ),
    ).toEqual([]);
  });

  test('of the outputs of several cells are one list, or a list a name', async () => {
    const { a } = await loadTasks(
      [
        '  l: {run: x, matrix: {i: [1, 2]}, outputs: ["l${{ matrix.i }}", "m${{ matrix.i }}"]}',
        '  n: {run: x, matrix: {i: [1, 2]}, outputs: {o: "n${{ matrix.i }}"}}',
        '  a: {run: "${{ needs.l.outputs }} ${{ needs.n.outputs.o }}", needs: [l, n]}',
      ].join('\n'),
    );
    expect(scriptOf(a)).toMatch(/^'?l1'? '?m1'? '?l2'? '?m2'? '?n1'? '?n2'?$/);
  });
});

describe('a pipeline', () => {
  test('is read with its own fields', async () => {
    const text = [
      'version: 1',
      'name: taxi',
      'description: d',
      'owner: me',
      'params: {year: 2023}',
      'default: [deploy]',
      'header: ["📅 ${{ params.year }} ${{ run.date }} ${{ pipeline }}"]',
      'summary: ["RMSE ${{ metrics.deploy.rmse }}"]',
      'finally: [cleanup]',
      'allow_links: [data/, /mnt/x]',
      'cache: {scope: root, dir: ../cache, max_size: 5GB}',
      'x-anything: {cmd: [1, 2]}',
      'tasks:',
      '  deploy: {run: x, outputs: [o]}',
      '  cleanup: {run: x, matrix: {i: [1, 2]}}',
    ].join('\n');
    expect(await loadGood(text)).toMatchObject({
      name: 'taxi',
      file: 'orch.yaml',
      description: 'd',
      defaultTargets: ['deploy'],
      header: ['📅 2023 2026-11-21 taxi'],
      summary: [{ parts: ['RMSE ', { source: '${{ metrics.deploy.rmse }}' }] }],
      finally: ['taxi:cleanup[i=1]', 'taxi:cleanup[i=2]'],
      allowLinks: ['data', '/mnt/x'],
      cache: { scope: '/project', dir: '../cache', maxSizeBytes: 5_000_000_000 },
    });
  });

  test('is called like its file, and its name is its cache scope, unless it says otherwise', async () => {
    const { pipelines } = await loadFiles({
      'pipelines/taxi.yml': 'version: 1\ntasks: {}\n',
      'orch.yaml': 'version: 1\nname: main\ncache: {scope: shared}\ntasks: {}\n',
    });
    expect(pipelines.map(({ name, cache }) => [name, cache.scope])).toEqual([
      ['taxi', 'taxi'],
      ['main', 'shared'],
    ]);
  });

  test('of the same name in two files is an error', async () => {
    const { diagnostics } = await loadFiles({
      'a.yaml': 'version: 1\nname: x\ntasks: {}\n',
      'x.yaml': 'version: 1\ntasks: {}\n',
    });
    expect(diagnostics).toMatchObject([{ code: 'duplicate-pipeline', file: 'x.yaml' }]);
  });

  test('names only tasks that there are', async () => {
    const { diagnostics } = await load(
      'version: 1\ndefault: [deplyo]\nfinally: [clean]\ntasks: {deploy: {run: x}, cleanup: {run: x}}\n',
    );
    expect(diagnostics).toMatchObject([
      { code: 'unknown-task', line: 2, column: 11, hint: 'did you mean deploy?' },
      { code: 'unknown-task', line: 3, column: 11 },
    ]);
  });

  test('gives all errors of a file together, by position', async () => {
    const { diagnostics, pipelines } = await load(
      'version: 1\ntasks:\n  a: {cmd: x}\n  b: {run: "${{ parms.x }}", timeout: 10, needs: [c]}\n  a: {run: x}\n',
    );
    expect(pipelines).toEqual([]);
    expect(places(diagnostics)).toEqual([
      'error 3:7 unknown-key',
      'error 4:17 unknown-name',
      'error 4:39 bad-value',
      'error 4:51 unknown-task',
      'error 5:3 duplicate-key',
    ]);
  });

  test('is left out where its file has errors; others are given', async () => {
    const { pipelines } = await loadFiles({
      'a.yaml': 'version: 1\ntasks: {a: {cmd: x}}\n',
      'b.yaml': 'version: 1\ntasks: {a: {run: x}}\n',
    });
    expect(pipelines.map(({ name }) => name)).toEqual(['b']);
  });

  test('a task with files but no command is told so', async () => {
    expect(places(await troubleIn('  a: {outputs: [x]}\n'))).toEqual(['error 3:3 missing-run']);
  });

  test('on one line loads in time, with columns in characters', async () => {
    const tasks = Array.from(
      { length: 5_000 },
      (_, at) => `"t${at}": {"run": "🎯 \${{ ${at === 4_999 ? 'oops' : 'task'} }}"}`,
    );
    const text = `{"version": 1, "tasks": {${tasks.join(', ')}}}`;
    const column = [...text.slice(0, text.indexOf('oops'))].length + 1;
    expect(places((await load(text)).diagnostics)).toEqual([`error 1:${column} unknown-name`]);
  });

  test('positions in block scalars are those of the file', async () => {
    const text =
      'version: 1\ntasks:\n  a:\n    run: |\n      first\n\n      second ${{ params.x }}\n      third ${{ 1 + }}\n';
    expect(places((await load(text)).diagnostics)).toEqual([
      'error 7:14 unknown-name',
      'error 8:21 bad-expression',
    ]);
    expect(places((await load(text.replace('1 +', '1'))).diagnostics)).toEqual(['error 7:14 unknown-name']);
  });
});

/**
 * What make, DVC, Snakemake, Airflow, GitHub Actions, GitLab CI, Taskfile, Turborepo, docker-compose and others
 * call the fields of a pipeline (SPEC B11). A word stands for the field here; a sentence says what to write, with
 * the field in backticks.
 */
import type { OtherWord } from './schema.ts';
import { itemsOf, textOf, type YamlNode } from './yaml-node.ts';

type Words = Readonly<Record<string, OtherWord>>;

/** Several foreign words for one of ours. */
function all(ours: OtherWord, theirs: string): Record<string, OtherWord> {
  return Object.fromEntries(theirs.split(' ').map((word) => [word, ours]));
}

/** DVC, make and Taskfile mean files by words by which others mean tasks. */
function filesOrTasks(value: YamlNode): string {
  const texts = itemsOf(value).map((item) => textOf(item) ?? '');
  const files = texts.filter((text) => /[/*]|\.[A-Za-z]\w*$/.test(text)).length;
  if (files === 0) return 'needs';
  return files === texts.length ? 'inputs' : 'tasks stand under `needs` here, files under `inputs`';
}

/** With the value that the file has, where that is one. */
function resource(name: string, usual: string): OtherWord {
  const isOne = name === 'memory' ? /^\d+(\.\d+)?\s*[kMGT]i?B$/ : /^\d+(\.\d+)?$/;
  return (value) => {
    const text = textOf(value) ?? '';
    return `write \`resources\`: {${name}: ${isOne.test(text) ? text : usual}}`;
  };
}

const STEPS =
  'a task has one command: write the lines below `run: |`, or make each step a task and name the one before in its needs';
const CONTAINER =
  'orch runs commands on this machine: start the container in `run`, as in docker run IMAGE …';
const PARAMETERS = 'parameters are declared under `params` of the pipeline and used as ${{ params.NAME }}';
const NAME = 'the name of a task is its key: tasks: {NAME: {run: …}}';

export const TASK_WORDS: Words = {
  ...all(
    'run',
    'cmd cmds command commands script scripts bash_command bash sh exec execute action recipe entrypoint entry_point do code',
  ),
  ...all(filesOrTasks, 'deps dependencies requires require prerequisites'),
  ...all(
    'needs',
    'depends_on depends dependsOn depends-on after upstream upstreams wait_for waits_for parents',
  ),
  ...all('inputs', 'sources source src srcs input in infile infiles input_files files reads'),
  ...all(
    'outputs',
    'outs out output outfile outfiles output_files generates produces products creates writes targets target artifacts artefacts plots result results',
  ),
  ...all('write {path: …, store: false} under `outputs`', 'outs_no_cache outs_no_store'),
  ...all('write the folder under `checkpoints`', 'outs_persist'),
  ...all('metrics', 'metric metrics_no_cache'),
  ...all('when', 'if condition conditions only_if run_if unless when_expr'),
  rule: (value) => (/^(all|one|none)_|^always$/.test(textOf(value) ?? '') ? 'trigger_rule' : NAME),
  rules: 'when',
  ...all(
    'dir',
    'wdir cwd workdir working_dir working_directory workingDirectory working-directory chdir directory',
  ),
  ...all('description', 'desc doc docs help summary title comment message about'),
  ...all('env', 'environment envs env_vars envVars environment_variables'),
  ...all(PARAMETERS, 'vars variables var parameters arguments args config wildcards'),
  ...all('retries', 'retry max_retries retry_limit attempts max_attempts'),
  ...all('write `retries`: {limit: 3, delay: 10s}', 'retry_delay retry_wait retry_interval'),
  ...all('timeout', 'timeout_minutes timeout-minutes timeoutMinutes time_limit execution_timeout max_time'),
  ...all(resource('cpu', '2'), 'threads cpus cpu cores ncores'),
  ...all(resource('memory', '4GB'), 'mem memory mem_mb ram'),
  ...all(resource('gpu', '1'), 'gpu gpus'),
  ...all('matrix', 'foreach for_each forEach for loop with_items expand strategy parallel variants'),
  ...all('labels', 'tags tag label groups group'),
  ...all(STEPS, 'steps stages jobs tasks subtasks'),
  ...all(CONTAINER, 'image container docker singularity apptainer conda'),
  ...all(
    'orch runs tasks on this machine, and commands only: call the program in `run`',
    'uses runs-on runs_on runner executor',
  ),
  ...all(
    'call the function from a command: `run`: python -c … or python script.py',
    'python_callable callable function notebook',
  ),
  ...all(NAME, 'name id task_id rule_name'),
  ...all(
    'write `cache`: false: the task always runs',
    'always_run always_changed always phony force run_always',
  ),
  ...all('cache', 'cached caching memoize'),
  ...all('expires', 'ttl max_age cache_ttl stale_after'),
  ...all(
    'allow_failure',
    'ignore_error ignore_errors continue_on_error continue-on-error allow_fail ignoreFailure',
  ),
  ...all('priority', 'priority_weight weight'),
  ...all('probe', 'status check preconditions precondition healthcheck'),
  ...all('every attempt has its log, which `orch logs TASK` prints: leave it out', 'log logs logfile'),
  ...all('orch always goes by content: leave it out', 'method fingerprint frozen'),
  ...all(
    'only the pipeline has it: put it beside `tasks`',
    'version params_file pools finally on_failure schedules alerts',
  ),
};

export const PIPELINE_WORDS: Words = {
  ...all('tasks', 'stages jobs rules steps nodes scripts recipes actions workflow pipelines task_list'),
  ...all('params', 'vars var parameters variables config configuration arguments args parameter'),
  ...all('env', 'environment envs environments env_vars'),
  ...all('default', 'targets target default_target default_targets default_tasks defaultTasks all'),
  ...all('defaults', 'default_args globals global task_defaults common'),
  ...all('description', 'desc title doc docs summary_text about'),
  ...all('owner', 'author authors maintainer maintainers contact'),
  ...all('schedules', 'schedule schedule_interval cron on trigger triggers'),
  ...all('include', 'includes import imports'),
  ...all('finally', 'always cleanup teardown onexit after_all post'),
  ...all('on_failure', 'on_error onerror'),
  ...all('profiles', 'profile'),
  ...all('header', 'banner'),
  ...all(
    'the number of workers is -j N on the command line, or ORCH_JOBS',
    'max_parallel parallel concurrency cores',
  ),
  ...all(
    'orch runs commands on this machine: start a container in the `run` of a task',
    'services image container',
  ),
  ...all('a task asks for a `shell` itself; for every task, write it under `defaults`', 'shell'),
};

export const INPUT_WORDS: Words = {
  ...all('path', 'file filename name glob pattern src source from'),
  ...all('write `optional`: true where it may be absent', 'required must_exist'),
  ...all('optional', 'allow_missing missing_ok'),
  ...all('external', 'outside absolute'),
};

export const OUTPUT_WORDS: Words = {
  ...all('path', 'file filename name dest target to'),
  ...all('store', 'cache cached save persist'),
};

export const NEED_WORDS: Words = {
  ...all('task', 'name id job stage rule needs'),
  ...all('order_only', 'order orderOnly order-only ordering weak'),
};

export const RETRY_WORDS: Words = {
  ...all('limit', 'count attempts max max_attempts max_retries times retries n'),
  ...all('delay', 'wait retry_delay interval sleep pause initial_delay'),
  ...all('backoff', 'strategy type kind factor'),
  ...all('max_delay', 'max_wait maximum max_interval max_retry_delay'),
  ...all('on', 'when if exit_codes only_on'),
};

export const RESOURCE_WORDS: Words = {
  ...all('cpu', 'cpus CPU CPUs cores core threads vcpu num_cpus ncpus'),
  ...all('memory', 'mem ram RAM Memory memory_limit'),
  ...all('write `memory`: 4000MB', 'mem_mb memory_mb mem_mib'),
  ...all('write `memory`: 4GB', 'mem_gb memory_gb'),
  ...all('gpu', 'gpus GPU GPUs num_gpus ngpus'),
  ...all('the time of a task is its `timeout`', 'time runtime walltime time_min'),
};

export const CACHE_WORDS: Words = {
  ...all('dir', 'path directory folder location'),
  ...all('max_size', 'size max limit maxSize max-size'),
  ...all('scope', 'key namespace prefix'),
};

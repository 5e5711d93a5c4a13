/**
 * What a run would do, without doing it: decides in order, and takes what lies below a task that would run as a
 * prediction: decided as if that task made the same bytes as last time, so that what is known even so (its own
 * parameter changed, it never ran) is told from what depends on those bytes. For `--dry-run`, `status` and `why`;
 * it runs no command and writes nothing.
 */
import type { StaleReason } from '../model/decision.ts';
import type { RunId } from '../model/ids.ts';
import type { Prediction } from '../model/prediction.ts';
import { alwaysRuns, decide } from '../planner/decide.ts';
import { granted } from './admission.ts';
import { assumedResult, isAssumed, isGuess } from './assume.ts';
import type { LookContext } from './context.ts';
import { gather } from './gather.ts';
import { createInspection, type Inspection } from './inspect.ts';
import { createNode, demand, type Gathered, type Node } from './node.ts';
import { clearingOf, occupation } from './workspace.ts';

export type PredictContext = LookContext & {
  /** Runs of other processes that are under way in this root. */
  readonly liveRuns: ReadonlySet<RunId>;
  /** Look at what lies where outputs belong, too: what is in the way there is a failure. */
  readonly looksAtOutputs?: boolean;
};

export interface Foresight {
  readonly nodes: readonly Node[];
  readonly predictions: ReadonlyMap<Node, Prediction>;
  readonly inspection: Inspection;
}

export async function predict(context: PredictContext): Promise<readonly Prediction[]> {
  return told(await foresee(context));
}

/** The predictions of what was asked for and what that needs, in the order of the plan. */
export function told({ nodes, predictions }: Foresight): readonly Prediction[] {
  return nodes.flatMap((node) => (node.plan.final ? [] : (predictions.get(node) ?? [])));
}

/** As `predict`, with what each task was decided from. */
export async function foresee(context: PredictContext): Promise<Foresight> {
  const nodes = context.plan.nodes.map((node, index) =>
    createNode(node, index, context.options.materialize || node.requested),
  );
  const inspection = createInspection(
    {
      ...context,
      runTools: false,
      looksOnly: true,
      readMetrics: (path, entry) => context.readMetrics(path, isAssumed(entry) ? null : entry),
    },
    nodes,
    (node) => granted(node.task, Number.POSITIVE_INFINITY),
  );
  const predictor = new Predictor(context, nodes, inspection);
  // A task that would run asks for the content it reads; upstream decisions may change with that.
  while (await predictor.passOver());
  return { nodes, predictions: predictor.predictions, inspection };
}

/** What a task means for those below it. */
interface Standing {
  /** Tasks that would run, without which it were as it is. Empty: it is certain. */
  readonly origins: readonly string[];
  /** Can what it offers turn out to be other than assumed? A task without outputs offers its key, which is known. */
  readonly canDiffer: boolean;
}

const CERTAIN: Standing = { origins: [], canDiffer: false };

class Predictor {
  readonly predictions = new Map<Node, Prediction>();
  private readonly standings = new Map<Node, Standing>();
  private readonly asking = new Set<Node>();

  constructor(
    private readonly context: PredictContext,
    private readonly nodes: readonly Node[],
    private readonly inspection: Inspection,
  ) {}

  /** Predicts every task; true where one that would run asks for content that nothing asked for before. */
  async passOver(): Promise<boolean> {
    let asked = false;
    for (const node of this.nodes) {
      const prediction = this.unlessOccupied(node, await this.predictOne(node));
      this.predictions.set(node, prediction);
      this.standings.set(node, this.standingOf(node, prediction));
      // Whoever made what a text refers to would have to make it again.
      if (prediction.will === 'fail') asked = this.demandFrom(node.wanted) || asked;
      const runs =
        prediction.will === 'run' || (prediction.will === 'perhaps' && prediction.ifSame === 'run');
      if (!runs || this.asking.has(node)) continue;
      this.asking.add(node);
      asked = this.demandFrom(node.gathered?.content ?? new Map()) || asked;
    }
    return asked;
  }

  private async predictOne(node: Node): Promise<Prediction> {
    const { task } = node;
    node.gathered = null;
    node.key = null;
    node.result = null;
    const blocked = node.plan.upstream
      .map((edge) => this.predictions.get(this.nodes[edge.task]!))
      .find((upstream) => upstream?.will === 'fail' || upstream?.will === 'blocked');
    if (blocked !== undefined) {
      node.state = { at: 'settled', outcome: 'upstream-failed' };
      return { will: 'blocked', task, by: blocked.will === 'blocked' ? blocked.by : blocked.task.label };
    }
    node.state = { at: 'settled', outcome: 'up-to-date' };
    const run = this.inspection.runningIn(node);
    if (run !== null) {
      this.assume(node);
      return { will: 'running', task, run };
    }
    const above = this.above(node);
    const gathered = await gather(node, this.inspection.gathering);
    const isCertain =
      above.origins.length === 0 || (!gathered.ok && gathered.error.kind === 'secret-missing');
    if (!gathered.ok && isCertain) return { will: 'fail', task, failure: gathered.error };
    const forced = this.isForced(node);
    if (!gathered.ok) {
      // What it reads isn't there yet.
      this.assume(node);
      if (forced) return { will: 'run', task, reasons: [{ why: 'forced' }] };
      if (!task.cacheable && task.run !== null) return { will: 'run', task, reasons: [alwaysRuns(task)] };
      const isNew = this.context.journal.lastAttempt(task.id) === null;
      return {
        will: 'perhaps',
        task,
        after: above.origins,
        ifSame: isNew ? 'run' : 'nothing',
        reasons: isNew ? [{ why: 'never-ran' }] : [],
        unchecked: [],
      };
    }
    node.gathered = gathered.value;
    node.key = gathered.value.key;
    const decision = decide(this.inspection.decideRequest(node, gathered.value, forced));
    node.decision = decision;
    node.result = 'result' in decision ? decision.result : null;
    switch (decision.action) {
      case 'group':
        return this.below(node, above, 'nothing', []);
      case 'up-to-date':
        return this.below(node, above, 'nothing', []);
      case 'restore': {
        const { reasons, result } = decision;
        return above.origins.length === 0
          ? { will: 'restore', task, reasons, result, unchecked: uncheckedOf(node, 'restore') }
          : this.below(node, above, 'restore', reasons);
      }
      case 'run': {
        this.assume(node);
        const willRun = forced || !task.cacheable || above.origins.length === 0;
        return willRun
          ? { will: 'run', task, reasons: decision.reasons }
          : this.below(node, above, 'run', decision.reasons);
      }
    }
  }

  private unlessOccupied({ task }: Node, prediction: Prediction): Prediction {
    const acts =
      prediction.will === 'run' ||
      prediction.will === 'restore' ||
      (prediction.will === 'perhaps' && prediction.ifSame === 'run');
    if (!acts || this.context.looksAtOutputs !== true) return prediction;
    const { workspace } = this.inspection;
    const keep = prediction.will === 'restore' ? prediction.result : null;
    const failure = occupation(clearingOf(task, keep, workspace), workspace);
    return failure === null ? prediction : { will: 'fail', task, failure };
  }

  private isForced({ task }: Node): boolean {
    const { force } = this.context.options;
    return force === 'all' || (force !== 'none' && force.has(task.id));
  }

  private below(
    node: Node,
    above: Standing,
    ifSame: 'nothing' | 'restore' | 'run',
    found: readonly StaleReason[],
  ): Prediction {
    const { task } = node;
    const reasons = found.filter((reason) => !isGuess(reason));
    if (ifSame === 'nothing' && !above.canDiffer)
      return {
        will: 'nothing',
        task,
        isAccepted: this.isAccepted(node),
        unchecked: uncheckedOf(node, 'nothing'),
      };
    return {
      will: 'perhaps',
      task,
      after: above.origins,
      ifSame: reasons.length === 0 ? 'nothing' : ifSame,
      reasons,
      unchecked: uncheckedOf(node, ifSame),
    };
  }

  private isAccepted(node: Node): boolean {
    const last = this.context.journal.lastAttempt(node.task.id);
    return last?.outcome === 'accepted' && last.key === node.key;
  }

  /** What stands above a task, through groups. */
  private above(node: Node): Standing {
    const standings = node.plan.upstream
      .filter((edge) => edge.kind !== 'order')
      .map((edge) => this.standings.get(this.nodes[edge.task]!) ?? CERTAIN);
    return {
      origins: [...new Set(standings.flatMap(({ origins }) => origins))],
      canDiffer: standings.some(({ canDiffer }) => canDiffer),
    };
  }

  private standingOf(node: Node, prediction: Prediction): Standing {
    const { task } = node;
    if (task.run === null) return this.above(node);
    switch (prediction.will) {
      case 'run':
        return { origins: [task.label], canDiffer: task.outputs.length > 0 };
      case 'running':
        return { origins: [task.label], canDiffer: true };
      case 'perhaps':
        return {
          origins: prediction.ifSame === 'run' ? [task.label] : prediction.after,
          canDiffer: task.outputs.length > 0 || this.above(node).canDiffer,
        };
      default:
        return CERTAIN;
    }
  }

  private assume(node: Node): void {
    const { journal, matching } = this.context;
    node.result = assumedResult(node.task, node.key, journal, matching);
    node.key ??= journal.lastAttempt(node.task.id)?.key ?? null;
  }

  private demandFrom(content: Gathered['content']): boolean {
    let added = false;
    for (const [index, paths] of content) {
      const upstream = this.nodes[index]!;
      if (upstream.demand === 'all') continue;
      const size = upstream.demand.size;
      demand(upstream, paths);
      added ||= paths === 'all' || upstream.demand.size > size;
    }
    return added;
  }
}

/** Of what runs anyway, the answers don't matter. A probe is asked where nothing else is found to do. */
function uncheckedOf({ task, gathered }: Node, will: 'nothing' | 'restore' | 'run'): string[] {
  if (will === 'run') return [];
  const tools = (gathered?.manifest.parts ?? []).flatMap((part) =>
    part.part === 'tool' ? [part.command] : [],
  );
  return task.probe === null || will === 'restore' ? tools : [...tools, 'its probe'];
}

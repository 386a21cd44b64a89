import fc from 'fast-check';
import { peopleAreRespected, recordsMatch } from './invariants.ts';
import { FIRST_RULES, isUnsound, type Rules, UPLOADS, World } from './world.ts';

/** One thing that happens. */
export type Action =
  | { readonly do: 'upload'; readonly key: string; readonly content: number; readonly told: boolean }
  | { readonly do: 'remove'; readonly key: string; readonly told: boolean }
  | { readonly do: 'repeat'; readonly key: string }
  | { readonly do: 'start'; readonly most: number }
  | { readonly do: 'step'; readonly which: number; readonly times: number }
  | { readonly do: 'crash' | 'loseAnswer'; readonly which: number }
  | { readonly do: 'revert'; readonly back: number }
  | { readonly do: 'edit'; readonly path: string; readonly text: string | null }
  | { readonly do: 'rules'; readonly rules: Rules };

const key = fc.constantFrom(...Object.keys(UPLOADS));
const which = fc.nat({ max: 3 });

const rules = fc.record({
  charts: fc.constantFrom('charts/{name}', 'charts/{name}', 'charts2/{name}'),
  files: fc.constantFrom('apps', 'apps', 'apps2'),
  versions: fc.constantFrom(null, null, '<2.0.0', '>=1.0.0-0'),
  onDelete: fc.constantFrom('keep' as const, 'remove' as const),
  onEdit: fc.constantFrom('hold' as const, 'hold' as const, 'overwrite' as const),
  broken: fc.constantFrom(false, false, false, true),
});

const paths = ['apps/a.yaml', 'apps/b.yaml', 'apps/p.yaml', 'apps/r.yaml', 'charts/web/values.yaml', 'charts/db/mine'];

/** Machines only: what happens to these keys when no person commits. */
const machineOf = (key: fc.Arbitrary<string>): fc.WeightedArbitrary<Action>[] => [
  {
    weight: 6,
    arbitrary: fc.record({ do: fc.constant('upload' as const), key, content: fc.nat({ max: 3 }), told: fc.boolean() }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('remove' as const), key, told: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('repeat' as const), key }) },
  { weight: 5, arbitrary: fc.record({ do: fc.constant('start' as const), most: fc.integer({ min: 1, max: 5 }) }) },
  {
    weight: 14,
    arbitrary: fc.record({ do: fc.constant('step' as const), which, times: fc.integer({ min: 1, max: 9 }) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('crash' as const, 'loseAnswer' as const), which }) },
];

const machine = machineOf(key);

const person: fc.WeightedArbitrary<Action>[] = [
  { weight: 3, arbitrary: fc.record({ do: fc.constant('revert' as const), back: fc.nat({ max: 2 }) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('edit' as const),
      path: fc.constantFrom(...paths),
      text: fc.constantFrom('mine: 1\n', 'one: 1\n', null),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('rules' as const), rules }) },
];

/** Histories of machines and people. */
export const actions = fc.array(fc.oneof(...machine, ...person), { minLength: 20, maxLength: 120, size: 'max' });
/** An upload that is rejected changes nothing, so what stands then is a matter of history. */
const sound = (action: Action): boolean =>
  action.do !== 'upload' || !isUnsound(UPLOADS[action.key]?.[action.content % (UPLOADS[action.key]?.length ?? 1)]);
/** Histories without people, and without uploads that are rejected. */
export const machineActions = fc.array(fc.oneof(...machine).filter(sound), {
  minLength: 20,
  maxLength: 120,
  size: 'max',
});

/** Histories of one file that goes back and forth, by many invocations at once. */
export const narrowActions = fc.array(fc.oneof(...machineOf(fc.constant('config/b.yaml'))), {
  minLength: 20,
  maxLength: 120,
  size: 'max',
});

/** Plays a history; everything that was begun then ends, and a sweep looks at every key. */
export async function play(history: readonly Action[], atomic: boolean, rules = FIRST_RULES): Promise<World> {
  const world = await playOnly(history, atomic, rules);
  if (world.rules.broken) world.writeRules(FIRST_RULES);
  await world.sweep();
  return world;
}

/** The same without the sweep, which would also find what an invocation overlooked. */
export async function playOnly(history: readonly Action[], atomic: boolean, rules = FIRST_RULES): Promise<World> {
  const world = new World(atomic);
  world.writeRules(rules);
  for (const action of history) await apply(world, action);
  await world.settle();
  return world;
}

async function apply(world: World, action: Action): Promise<void> {
  switch (action.do) {
    case 'upload': {
      const contents = UPLOADS[action.key] ?? [];
      return world.upload(action.key, contents[action.content % contents.length] as Buffer, action.told);
    }
    case 'remove':
      return world.remove(action.key, action.told);
    case 'repeat':
      return world.enqueue({ kind: 'object', bucket: 'releases', key: action.key });
    case 'start':
      return world.invocations.length < 4 ? world.start(action.most) : undefined;
    case 'step':
      for (let times = 0; times < action.times; times += 1) await world.step(action.which);
      return;
    case 'crash':
      return world.crash(action.which);
    case 'loseAnswer': {
      const invocation = world.pick(action.which);
      if (invocation !== undefined) invocation.weather.loseAnswer = true;
      return;
    }
    case 'revert':
      return world.revert(action.back);
    case 'edit':
      return world.edit(action.path, action.text);
    case 'rules':
      return world.writeRules(action.rules);
  }
}

/** The checks that hold after every history. */
export function check(world: World): void {
  recordsMatch(world);
  peopleAreRespected(world);
}

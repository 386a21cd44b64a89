import { styleText } from 'node:util';
import { parseImage } from '../../shared/image/image.ts';
import { printable } from '../../shared/printable.ts';
import type { Happening } from './happening.ts';
import type { BusEvent } from './pattern.ts';

type Style = Parameters<typeof styleText>[0];

interface Verb {
  readonly verb: string;
  readonly style: Style;
}

/** What gitferry tells on its bus. */
const OUTCOMES: Readonly<Record<string, Verb>> = {
  Landed: { verb: 'landed', style: 'green' },
  Rejected: { verb: 'rejected', style: 'red' },
  Waiting: { verb: 'waiting', style: 'yellow' },
  TakenBack: { verb: 'taken back', style: 'yellow' },
  Stalled: { verb: 'stalled', style: 'red' },
  Verdict: { verb: 'unclear', style: 'yellow' },
  Drift: { verb: 'drifted', style: 'yellow' },
  NudgeFailed: { verb: 'not nudged', style: 'red' },
};

const VERDICTS: Readonly<Record<string, Verb>> = {
  delivered: { verb: 'delivered', style: 'green' },
  failed: { verb: 'failed', style: 'red' },
  'timed-out': { verb: 'timed out', style: 'red' },
  superseded: { verb: 'superseded', style: 'dim' },
};

const VERB_WIDTH = 10;
const NAME_WIDTH = 42;

/** Says what happens, a line each, as a person would want to follow it. */
export class Narrator {
  readonly #write: (line: string) => void;
  readonly #colours: boolean;
  readonly #begun: Date;
  /** When each object and image was received of which nothing was told since, to say how long it took. */
  readonly #received = new Map<string, number>();
  /** The ids of outcomes, and of releases: sweep tells them again, for those who missed them. */
  readonly #told = new Set<string>();

  /** `begun`: what landed before is no news. */
  constructor(write: (line: string) => void, colours: boolean, begun: Date) {
    this.#write = write;
    this.#colours = colours;
    this.#begun = begun;
  }

  tell(happening: Happening): void {
    if (happening.kind === 'event') this.#event(happening.event);
    else if (happening.kind === 'pushed') this.#pushed(happening.images);
    else if (happening.kind === 'nudged') this.#nudged(happening);
    else if (happening.kind === 'nothing') this.#nothing(happening);
    else if (happening.kind === 'failed') this.#line('failed', 'red', happening.name, printable(happening.why));
  }

  /** Stands alone between two empty lines. */
  heading(text: string): void {
    this.#write(`\n${this.#style('bold', text)}\n`);
  }

  text(line: string): void {
    this.#write(`  ${line}`.trimEnd());
  }

  #event(event: BusEvent): void {
    const { source, 'detail-type': type } = event;
    if (source === 'aws.s3') this.#object(event);
    const outcome = verbOf(event);
    if (outcome === undefined || source !== 'gitferry' || this.#isOld(event)) return;
    const text = (name: string): string => told(event.detail[name]);
    const name = objectOf(event.detail.object) || keyOf(text('source')) || text('unit') || text('cluster');
    const took = type === 'Verdict' || type === 'Drift' ? '' : this.#since(event.detail.source);
    const landed = type === 'Landed';
    const good = landed || text('verdict') === 'delivered';
    const first = good ? `${text('commit').slice(0, 7)}  ${text('summary')}` : text('reason');
    this.#line(outcome.verb, outcome.style, name, first + (landed ? took : ''));
    const more = good ? [] : [text('message'), text('hint')];
    for (const sentence of more) if (sentence !== '') this.#line('', 'dim', sentence, '');
  }

  /** Whether this was told already, and is no answer to an upload since, or landed before this run. */
  #isOld({ 'detail-type': type, detail }: BusEvent): boolean {
    // A stall has the same id whenever it comes back.
    if (type === 'Stalled') return false;
    const id = idOf(type, detail);
    const again = typeof id === 'string' && this.#told.has(id);
    if (typeof id === 'string') this.#told.add(id);
    if (type === 'Verdict') return again || isBefore(detail.at, this.#begun);
    if (type !== 'Landed') return again && !this.#received.has(placeOf(String(detail.source)));
    return again || isBefore(detail.landedAt, this.#begun);
  }

  #object({ 'detail-type': type, detail }: BusEvent): void {
    const { bucket, object } = detail as { bucket: { name: string }; object: { key: string; size?: number } };
    if (object.key.startsWith('gitferry-rejected/')) return;
    this.#received.set(`s3://${bucket.name}/${object.key}`, performance.now());
    if (type === 'Object Deleted') this.#line('deleted', 'yellow', printable(object.key), '');
    else this.#line('received', 'cyan', printable(object.key), size(object.size ?? 0));
  }

  #pushed(images: readonly string[]): void {
    for (const image of images) {
      this.#received.set(placeOf(image), performance.now());
      this.#line('received', 'cyan', printable(image), 'an image');
    }
  }

  /** Once for a release, whichever of its units; not again when it is announced again. */
  #nudged({ release, cluster, unit }: Extract<Happening, { kind: 'nudged' }>): void {
    const id = `nudged ${release} ${cluster}`;
    if (this.#told.has(id)) return;
    this.#told.add(id);
    this.#line('nudged', 'cyan', printable(cluster), `for ${printable(unit)}`);
  }

  /** Only for what came in this run and has no outcome yet: sweep looks into everything. */
  #nothing({ source, why }: { readonly source: string; readonly why: string }): void {
    if (this.#received.delete(placeOf(source))) this.#line('nothing', 'dim', printable(keyOf(source)), printable(why));
  }

  /** How long it took since the source was received; only the first outcome after that comes of it. */
  #since(source: unknown): string {
    const place = placeOf(String(source));
    const received = this.#received.get(place);
    this.#received.delete(place);
    return received === undefined ? '' : this.#style('dim', `  ${duration(performance.now() - received)}`);
  }

  #line(verb: string, style: Style, name: string, rest: string): void {
    this.#write(`  ${this.#style(style, verb.padEnd(VERB_WIDTH))} ${name.padEnd(NAME_WIDTH)} ${rest}`.trimEnd());
  }

  #style(style: Style, text: string): string {
    return this.#colours ? styleText(style, text, { validateStream: false }) : text;
  }
}

function verbOf({ 'detail-type': type, detail }: BusEvent): Verb | undefined {
  if (type === 'Verdict') return VERDICTS[String(detail.verdict)] ?? OUTCOMES.Verdict;
  if (type === 'Drift' && detail.gone === true) return { verb: 'recovered', style: 'green' };
  return OUTCOMES[type];
}

/** What is told once: a release, its verdict for each unit, anything else by its id, and again when it is gone. */
function idOf(type: string, { release, unit, id, gone }: BusEvent['detail']): unknown {
  if (type === 'Verdict') return `${release} ${unit}`;
  if (type === 'Drift') return `${id} ${gone}`;
  return type === 'Landed' ? release : id;
}

function isBefore(at: unknown, begun: Date): boolean {
  return typeof at === 'string' && new Date(at) < begun;
}

/** `Deployment shop/api`; empty for none. */
function objectOf(value: unknown): string {
  if (typeof value !== 'object' || value === null) return '';
  const { kind, namespace, name } = value as Readonly<Record<string, unknown>>;
  return `${told(kind)} ${told(namespace) === '' ? '' : `${told(namespace)}/`}${told(name)}`.trim();
}

/** Names and messages come from outside: nothing in them may steer a terminal. */
function told(value: unknown): string {
  return typeof value === 'string' ? printable(value) : '';
}

/** What outcomes are about: an object, or all tags of an image. */
function placeOf(source: string): string {
  return parseImage(source)?.image ?? source;
}

/** A source as short as it is told: an object by its key, an image by its tag. */
function keyOf(source: string): string {
  return source.replace(/^s3:\/\/[^/]+\//u, '').replace(/@sha256:[0-9a-f]{64}$/u, '');
}

function size(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  return bytes < 1e6 ? `${(bytes / 1e3).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}

function duration(milliseconds: number): string {
  return milliseconds < 10_000 ? `${Math.round(milliseconds)} ms` : `${Math.round(milliseconds / 1000)} s`;
}

import { styleText } from 'node:util';
import { printable } from '../../shared/printable.ts';
import type { Happening } from './happening.ts';
import type { BusEvent } from './pattern.ts';

type Style = Parameters<typeof styleText>[0];

/** What gitferry tells on its bus. */
const OUTCOMES: Readonly<Record<string, { readonly verb: string; readonly style: Style }>> = {
  Landed: { verb: 'landed', style: 'green' },
  Rejected: { verb: 'rejected', style: 'red' },
  Waiting: { verb: 'waiting', style: 'yellow' },
  TakenBack: { verb: 'taken back', style: 'yellow' },
  Stalled: { verb: 'stalled', style: 'red' },
};

const VERB_WIDTH = 10;
const NAME_WIDTH = 42;

/** Says what happens, a line each, as a person would want to follow it. */
export class Narrator {
  readonly #write: (line: string) => void;
  readonly #colours: boolean;
  /** When each source was last received, to say how long it took. */
  readonly #received = new Map<string, number>();

  constructor(write: (line: string) => void, colours: boolean) {
    this.#write = write;
    this.#colours = colours;
  }

  tell(happening: Happening): void {
    if (happening.kind === 'event') this.#event(happening.event);
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
    const { detail, source, 'detail-type': type } = event;
    if (source === 'aws.s3') this.#object(event);
    const outcome = OUTCOMES[type];
    if (outcome === undefined || source !== 'gitferry') return;
    const text = (name: string): string => told(detail[name]);
    const name = text('source').replace(/^s3:\/\/[^/]+\//u, '') || text('unit');
    const landed = type === 'Landed';
    const first = landed ? `${text('commit').slice(0, 7)}  ${text('summary')}` : text('reason');
    this.#line(outcome.verb, outcome.style, name, first + (landed ? this.#since(text('source')) : ''));
    const more = landed ? [] : [text('message'), text('hint')];
    for (const sentence of more) if (sentence !== '') this.#line('', 'dim', sentence, '');
  }

  #object({ 'detail-type': type, detail }: BusEvent): void {
    const { bucket, object } = detail as { bucket: { name: string }; object: { key: string; size?: number } };
    if (object.key.startsWith('gitferry-rejected/')) return;
    this.#received.set(`s3://${bucket.name}/${object.key}`, performance.now());
    if (type === 'Object Deleted') this.#line('deleted', 'yellow', printable(object.key), '');
    else this.#line('received', 'cyan', printable(object.key), size(object.size ?? 0));
  }

  #since(source: string): string {
    const received = this.#received.get(source);
    return received === undefined ? '' : this.#style('dim', `  ${Math.round(performance.now() - received)} ms`);
  }

  #line(verb: string, style: Style, name: string, rest: string): void {
    this.#write(`  ${this.#style(style, verb.padEnd(VERB_WIDTH))} ${name.padEnd(NAME_WIDTH)} ${rest}`.trimEnd());
  }

  #style(style: Style, text: string): string {
    return this.#colours ? styleText(style, text, { validateStream: false }) : text;
  }
}

/** Names and messages come from outside: nothing in them may steer a terminal. */
function told(value: unknown): string {
  return typeof value === 'string' ? printable(value) : '';
}

function size(bytes: number): string {
  return bytes < 1000 ? `${bytes} B` : `${(bytes / 1000).toFixed(1)} kB`;
}

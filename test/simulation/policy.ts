import { type Said, sameSaid } from './references.ts';
import { API } from './uploads.ts';

/** What gitferry released of an image. */
export interface Released {
  readonly tag: string;
  readonly digest: string;
  /** Whether it took another back. */
  readonly reverts?: boolean;
}

/** What verdicts and requests said of contents, at any time. */
export interface Judged {
  readonly failed: readonly Released[];
  readonly lifted: ReadonlySet<string>;
}

/** One thing that a reference said, and the last release by then: what came after it was not there yet. */
interface Step {
  readonly said: Said;
  readonly at: number;
  /** Whether a release put it there, or a person set it back to that. */
  readonly by: 'release' | 'person' | 'other';
  /** The release that it meant when it was set back. */
  readonly standing?: Released | undefined;
}

/** What happened to the references of one image, by what commits show alone: who takes what back, and what is held. */
export class Policy {
  readonly image: string;
  readonly judged: Judged;
  readonly releases: Released[] = [];
  readonly held = new Set<Released>();
  /** All that people ever took back. */
  readonly takenBack = new Set<Released>();
  readonly #steps = new Map<string, Step[]>();
  /** What was released, or set back to, newest last: what a tag alone means. */
  readonly #stood: Released[] = [];

  constructor(image: string, judged: Judged) {
    this.image = image;
    this.judged = judged;
  }

  /** What a reference said last, as far as gitferry knows it. */
  last(place: string): Step | undefined {
    return this.#steps.get(place)?.at(-1);
  }

  put(place: string, said: Said, by: 'release' | 'other', at = this.releases.length - 1): void {
    this.#steps.set(place, [...(this.#steps.get(place) ?? []), { said, at, by }]);
  }

  /** The rule let go of some references: what happens to these from then on is another story. */
  forget(isKept: (place: string) => boolean): void {
    for (const place of this.#steps.keys()) if (!isKept(place)) this.#steps.delete(place);
  }

  release(released: Released): void {
    this.releases.push(released);
    this.#stood.push(released);
  }

  /**
   * Takes in what people did until now: a reference at what it said earlier takes back all that was released since; where
   * all that were set back mean the same release, that is held no more.
   */
  look(now: ReadonlyMap<string, Said>): void {
    const back = [...this.#steps].flatMap(([place, steps]) => {
      const said = now.get(place);
      if (said === undefined || sameSaid(said, steps.at(-1)?.said)) return [];
      const step = steps.findLast((one) => sameSaid(one.said, said));
      return step === undefined ? [] : [{ place, step, standing: this.#standing(step) }];
    });
    if (back.length === 0) return;
    const at = Math.min(...back.map(({ step }) => step.at));
    for (const one of this.releases.slice(at + 1)) if (!one.reverts) this.#hold(one);
    const meant = new Set(back.map(({ standing }) => standing?.digest));
    const [agreed] = meant.size === 1 ? meant : [];
    for (const one of this.held) if (one.digest === agreed) this.held.delete(one);
    const earliest = back.find(({ step }) => step.at === at)?.standing;
    const standing = earliest === undefined || this.#isHeld(earliest) ? undefined : earliest;
    if (standing !== undefined) this.#stood.push(standing);
    for (const { place, step } of back) {
      const means = standing !== undefined && this.says(step.said, standing);
      const since = means ? { at: this.releases.length - 1, standing } : {};
      this.#steps.get(place)?.push({ ...step, by: 'person', ...since });
    }
  }

  /** Whether a reference says what was released. A moving tag alone says nothing. */
  says({ tag, digest }: Said, released: Released): boolean {
    return digest === null ? this.image === API && tag === released.tag : digest === released.digest;
  }

  /** Whether this was taken back. A tag alone means what stood under it last. */
  holds(said: Said): boolean {
    const meant = this.#stood.findLast((one) => this.says(said, one));
    return meant !== undefined && this.#isHeld(meant);
  }

  /** Whether a content comes for the first time, under a tag that was taken back. */
  isRebuilt({ tag, digest }: Released): boolean {
    const isNew = !this.releases.some((one) => one.digest === digest);
    return (
      this.image === API &&
      isNew &&
      [...this.held].some((one) => one.tag === tag && !this.judged.lifted.has(one.digest))
    );
  }

  /** Whether a person had the last word on what a reference says. */
  isLeft(place: string, said: Said): boolean {
    const step = this.last(place);
    return step?.by !== 'release' || !sameSaid(step.said, said);
  }

  /** Whether a tag or a content was ever taken back. */
  wasTakenBack({ tag, digest }: Said): boolean {
    return [...this.takenBack, ...this.judged.failed].some((one) => one.tag === tag || one.digest === digest);
  }

  #standing({ said, at, by, standing }: Step): Released | undefined {
    const put = this.releases[at];
    if (standing !== undefined) return standing;
    return by === 'release' && put !== undefined && this.says(said, put)
      ? put
      : this.releases.findLast((one) => this.says(said, one));
  }

  #hold(released: Released): void {
    this.held.add(released);
    this.takenBack.add(released);
  }

  #isHeld({ digest }: Released): boolean {
    return !this.judged.lifted.has(digest) && [...this.held].some((one) => one.digest === digest);
  }
}

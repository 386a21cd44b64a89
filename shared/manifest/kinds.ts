import { Rejected } from '../errors.ts';
import { isClosed, type Opened, type Origin } from './closed.ts';
import { readDocuments } from './documents.ts';
import { checkKustomization, isKustomization, PROSE_NAME } from './kustomization.ts';
import { type Sighting, scanTemplate } from './scan.ts';

/** A file as far as its kinds matter; `path` relative to the chart's own folder, or to the mirror's. */
interface Manifest {
  readonly path: string;
  readonly bytes: Uint8Array;
}

/** In characters: a template; and all YAML that is parsed for one unit, at about two MiB a second. */
const MAX_TEMPLATE = 2 * 1024 * 1024;
const MAX_PARSED = 32 * 1024 * 1024;
const MAX_REPORTED = 20;

const MANIFEST_NAME = /\.(?:ya?ml|json)$/iu;
/** As Helm finds them, in the chart and its subcharts. NOTES.txt is printed, not applied. */
const CHART_TEMPLATE = /^(?:charts\/[^/]+\/)*templates\/(?!.*NOTES\.txt$)/u;
const CHART_CRDS = /^(?:charts\/[^/]+\/)*crds\/.*\.(?:ya?ml|json)$/u;

/** The text of a file, null for what is no text. go-yaml, which reads for the cluster, takes UTF-16 by its mark. */
function textOf(bytes: Uint8Array): string | null {
  const mark = Buffer.from(bytes.subarray(0, 2)).toString('hex');
  const encoding = mark === 'fffe' ? 'utf-16le' : mark === 'feff' ? 'utf-16be' : 'utf-8';
  try {
    const text = new TextDecoder(encoding, { fatal: true }).decode(bytes);
    return text.includes('\0') ? null : text;
  } catch {
    return null;
  }
}

/** The text of a template: where it is no text, in a comment or in a branch not taken, Helm would not notice. */
function templateOf(bytes: Uint8Array): string {
  return textOf(bytes) ?? new TextDecoder('utf-8').decode(bytes);
}

/** The mappings in a document's value that may be objects, those of lists (anything with `items`) included. */
function* objectsIn(value: unknown): Generator<Readonly<Record<string, unknown>>> {
  if (typeof value !== 'object' || value === null) return;
  if (Array.isArray(value)) {
    for (const item of value) yield* objectsIn(item);
    return;
  }
  const object = value as Readonly<Record<string, unknown>>;
  yield object;
  yield* objectsIn(object.items);
}

function tooLarge(sentence: string, limit: number): Rejected {
  return new Rejected('YamlTooLarge', sentence, { hint: 'Split it.', facts: { limit } });
}

/** Judges the files of one unit. */
class Judge {
  readonly refused: { readonly path: string; readonly kind: string; readonly apiVersion: string | null }[] = [];
  readonly #origin: Origin;
  readonly #opened: Opened;
  #parsed = 0;

  constructor(origin: Origin, opened: Opened) {
    this.#origin = origin;
    this.#opened = opened;
  }

  /** A file that Kubernetes' tools take for a manifest by its name. */
  judgeManifest(path: string, text: string | null): void {
    if (text === null)
      throw new Rejected('YamlInvalid', `${JSON.stringify(path)} is not text in UTF-8.`, {
        hint: 'Save it in UTF-8, or name it by what it is.',
        facts: { path },
      });
    try {
      this.#judgeDocuments(path, text);
    } catch (fault) {
      if (!(fault instanceof Rejected) || fault.reason !== 'YamlInvalid' || !text.includes('{{')) throw fault;
      this.judgeTemplate(path, text);
    }
  }

  /** A file of another name: kustomize reads whatever it is told to, so that it counts if it may be YAML. */
  judgeOther(path: string, text: string | null): void {
    // Without these there is no key `kind`, not even an escaped or encoded one.
    if (text === null || PROSE_NAME.test(path) || !/kind|[\\!]/u.test(text)) return;
    try {
      this.#judgeDocuments(path, text);
    } catch (fault) {
      if (!(fault instanceof Rejected) || !fault.reason.startsWith('Yaml')) throw fault;
      this.judgeTemplate(path, text);
    }
  }

  judgeTemplate(path: string, text: string): void {
    if (text.length > MAX_TEMPLATE) throw tooLarge(`${JSON.stringify(path)} is too large to be judged.`, MAX_TEMPLATE);
    for (const sighting of scanTemplate(text)) this.#judge(path, sighting);
  }

  #judgeDocuments(path: string, text: string): void {
    this.#parsed += text.length;
    if (this.#parsed > MAX_PARSED) throw tooLarge('There is more YAML than can be judged at once.', MAX_PARSED);
    for (const value of documentsOf(path, text)) {
      for (const object of objectsIn(value)) this.#judgeObject(path, object);
    }
    // kubectl splits at lines that only begin with `---`, before it parses.
    if (/^---[^\s]/mu.test(text)) this.judgeTemplate(path, text);
  }

  #judgeObject(path: string, object: Readonly<Record<string, unknown>>): void {
    const { kind, apiVersion } = object;
    const own = isKustomization(path, apiVersion);
    if (own && !this.#opened.allowKinds.includes('Kustomization')) checkKustomization(path, object);
    if (typeof kind !== 'string' || (own && apiVersion === undefined)) return;
    this.#judge(path, { kinds: [kind], apiVersion: typeof apiVersion === 'string' ? apiVersion : null });
  }

  #judge(path: string, { kinds, apiVersion }: Sighting): void {
    const kind = kinds.find((word) => isClosed(word, apiVersion, this.#origin, this.#opened));
    if (kind === undefined || this.refused.length >= MAX_REPORTED) return;
    if (this.refused.some((other) => other.path === path && other.kind === kind)) return;
    this.refused.push({ path, kind, apiVersion });
  }
}

function documentsOf(path: string, text: string): readonly unknown[] {
  try {
    return readDocuments(text);
  } catch (fault) {
    if (!(fault instanceof Rejected)) throw fault;
    throw new Rejected(fault.reason, `${JSON.stringify(path)}: ${fault.message}`, {
      hint: fault.hint,
      facts: { ...fault.facts, path },
      cause: fault,
    });
  }
}

/**
 * That no object is of a kind that its mirror keeps closed. Files are parsed; a chart's templates, files that are
 * templates, and files that only other readers may take for YAML are judged by their `kind:` lines (`scanTemplate` says
 * what that leaves open until charts are rendered). A chart's values are not judged, nor what a HelmRelease, a Jsonnet
 * file or an Argo CD plugin makes in the cluster.
 *
 * @throws Rejected `KindNotAllowed` (`facts.refused`: path, kind, apiVersion), `KustomizationNotAllowed`,
 *   `YamlInvalid` (`facts`: path, line, column), `YamlTooComplex`, `YamlTooLarge`
 */
export function checkKinds(files: readonly Manifest[], origin: Origin, opened: Opened): void {
  const judge = new Judge(origin, opened);
  for (const { path, bytes } of files) {
    if (origin === 'chart') {
      if (CHART_TEMPLATE.test(path)) judge.judgeTemplate(path, templateOf(bytes));
      else if (CHART_CRDS.test(path)) judge.judgeManifest(path, textOf(bytes));
    } else if (MANIFEST_NAME.test(path)) judge.judgeManifest(path, textOf(bytes));
    else judge.judgeOther(path, textOf(bytes));
  }
  const [first] = judge.refused;
  if (first === undefined) return;
  const more = judge.refused.length > 1 ? ` and ${judge.refused.length - 1} more` : '';
  const what = `${first.kind}${first.apiVersion === null ? '' : ` of ${first.apiVersion}`}`;
  throw new Rejected('KindNotAllowed', `${JSON.stringify(first.path)} holds a ${what}${more}, closed to this mirror.`, {
    hint: `Leave it out, or open it by allowKinds: [${first.kind}] if uploads may bring it.`,
    facts: { refused: judge.refused },
  });
}

import type { Template } from '../template.ts';

/** What is asked of a packaged template, whatever its parameters, as sentences; each throws where it does not hold. */
export type Rules = Readonly<Record<string, (template: Template) => void | Promise<void>>>;

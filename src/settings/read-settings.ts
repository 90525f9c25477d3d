import type { z } from 'zod';
import type { Environment } from './environment.js';
import type { Refusal } from './fault.errors.js';
import type { Findings } from './findings.js';
import { describe } from './setting.js';

/** The values of a schema's settings; undefined where one is absent or at fault. */
export type Reading<S extends z.ZodRawShape> = {
  readonly [K in keyof S]: z.output<S[K]> | undefined;
};

/**
 * Reads each setting of a schema by itself, so that a wrong one hides no other. What is at
 * fault is in `findings` and undefined in the result.
 */
export function readSettings<S extends z.ZodRawShape>(
  schema: z.ZodObject<S>,
  environment: Environment,
  findings: Findings,
): Reading<S> {
  const values: Record<string, unknown> = {};
  for (const [name, field] of Object.entries(schema.shape)) {
    if (findings.isRefused(name)) continue;
    const text = environment.get(name)?.text;
    if (isPlaceholder(text, field)) {
      refusePlaceholder(name, findings);
      continue;
    }
    const result = (field as z.ZodType).safeParse(text);
    if (result.success) values[name] = result.data;
    else refuse(name, result.error, findings);
  }
  return values as Reading<S>;
}

function refuse(name: string, error: z.ZodError, findings: Findings): void {
  const issue = error.issues[0];
  const refusal = issue?.code === 'custom' && (issue.params?.['refusal'] as Refusal | undefined);
  if (!refusal) throw new Error(`The schema of ${name} refuses without saying why`);
  findings.refuse(refusal.code, name, refusal.why, refusal.instead(name));
}

function isPlaceholder(text: string | undefined, field: z.core.$ZodType): boolean {
  const { placeholder, example } = describe(field);
  return placeholder === true && text?.toLowerCase() === example?.toLowerCase();
}

function refusePlaceholder(name: string, findings: Findings): void {
  findings.refuse(
    'PLACEHOLDER_VALUE',
    name,
    'This is the value of the example file, which only shows the form.',
    `Write ${name}=… with your own value, or remove it if you do not need it.`,
  );
}

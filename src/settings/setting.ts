import { z } from 'zod';
import { type FaultCode, Refusal } from './fault.errors.js';

/** What people read about a setting, in the README, in `.env.example` and in reports. */
export interface SettingDescription {
  readonly group: string;
  /** Markdown, one line. */
  readonly meaning: string;
  /** The text that is read when the setting is absent. */
  readonly default?: string;
  /** What holds when the setting is absent, in words, where no fixed text says it. */
  readonly otherwise?: string;
  /** What `.env.example` shows; the default where it is left out. */
  readonly example?: string;
  /** The example is none to keep: whoever leaves it in gets a fault. */
  readonly placeholder?: boolean;
  /** Never shown, not in part. */
  readonly secret?: boolean;
  /** A text that is one all the same, such as a token given as a user name. */
  readonly holdsSecret?: (text: string) => boolean;
  /** White space around it belongs to the value (kept, with a warning). */
  readonly verbatim?: boolean;
  /** May have more than one line. */
  readonly multiline?: boolean;
  /** Empty means something else than absent, and the reader decides what. */
  readonly readsEmpty?: boolean;
  /** Where white space or a cut line has a code of its own for this setting. */
  readonly codes?: { readonly whitespace?: FaultCode; readonly cut?: FaultCode };
}

/** Holds each setting's description beside its schema. */
export const descriptions = z.registry<SettingDescription>();

/** The schema of one setting: from its text, or undefined where it is absent, to its value. */
export type SettingSchema<T> = z.ZodType<T, string | undefined>;

type Read<T> = (text: string) => T | Refusal;

/**
 * One setting, described once: its description and how its text is read. Validation, types,
 * `.env.example` and the README's table all come from here.
 */
export function setting<T>(
  description: SettingDescription & { default: string },
  read: Read<T>,
): SettingSchema<T>;
export function setting<T>(
  description: SettingDescription & { default?: undefined },
  read: Read<T>,
): SettingSchema<T | undefined>;
export function setting<T>(
  description: SettingDescription,
  read: Read<T>,
): SettingSchema<T | undefined> {
  const schema = z.string().transform((text, context) => {
    const result = read(text);
    if (!(result instanceof Refusal)) return result;
    context.addIssue({ code: 'custom', message: result.why, params: { refusal: result } });
    return z.NEVER;
  });
  const known =
    description.default === undefined ? schema.optional() : schema.prefault(description.default);
  descriptions.add(known, description);
  return known as SettingSchema<T | undefined>;
}

/** The description of a setting's schema. */
export function describe(schema: z.core.$ZodType): SettingDescription {
  const description = descriptions.get(schema);
  if (!description) throw new Error('A setting has no description');
  return description;
}

/** The same setting, described in another way. */
export function redescribed<T extends z.ZodType>(schema: T, description: SettingDescription): T {
  const copy = schema.clone();
  descriptions.add(copy, description);
  return copy;
}

/** The descriptions of all settings of these schemas, by name. */
export function descriptionsOf(
  schemas: readonly z.ZodObject[],
): ReadonlyMap<string, SettingDescription> {
  return new Map(
    schemas.flatMap(({ shape }) =>
      Object.entries(shape).map(([name, field]) => [name, describe(field)] as const),
    ),
  );
}

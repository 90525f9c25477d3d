import type { z } from 'zod';

/** What a template may print, by name; an absent one is asked for with `{{#given}}`. */
export type Facts = Readonly<Record<string, string | undefined>>;

/** @returns the absolute URL of a page under `/link/` with the token in its query */
export type LinkTo = (page: 'reset-password' | 'invitation', token: string) => string;

/** Everything about one kind of mail but its words, which are under `templates/`. */
export interface MessageDefinition<Variables extends z.ZodObject = z.ZodObject> {
  /** What whoever asks for the mail must give; the outbox keeps it sealed. */
  readonly variables: Variables;
  /** How long the mail is worth sending, and its code or link is good, in seconds. */
  readonly lifetimeSeconds: number;
  /** 0: a person waits for it; 1: notices; 2: invitations, which come in bulk. */
  readonly priority: 0 | 1 | 2;
  /** Variables that must never be seen but in the body of the mail. */
  readonly secrets: readonly (keyof z.output<Variables> & string)[];
  /** Every branch of the templates is taken by at least one; they are rendered at start. */
  readonly samples: readonly z.output<Variables>[];
  /** Facts with few values, which choose among phrases, as `role` in `{{t 'intro' role}}`. */
  readonly choices?: readonly string[];
  facts(variables: z.output<Variables>, linkTo: LinkTo): Facts;
}

export function defineMessage<Variables extends z.ZodObject>(
  definition: MessageDefinition<Variables>,
): MessageDefinition<Variables> {
  return definition;
}

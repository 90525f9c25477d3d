import { messageKinds, type MessageKind } from './message-kinds.js';
import type { MessageDefinition } from './message-kind.js';
import { TemplateError } from './render.errors.js';
import type { RenderContext, Renderer, RenderedMessage } from './renderer.service.js';
import type { MessageTemplates } from './template-files.js';

/** Octets; Gmail cuts a mail off at 102 KB, and phones load it over slow networks. */
const MAX_HTML = 30 * 1024;

/**
 * Writes every sample of every kind in every language, so that a template that lacks something
 * stops the start and not a mail.
 */
export function checkSamples(
  renderer: Renderer,
  templates: ReadonlyMap<MessageKind, MessageTemplates>,
): void {
  const faults = new Set<string>();
  for (const [kind, { languages }] of templates) {
    const definition: MessageDefinition = messageKinds[kind];
    for (const locale of languages.keys())
      for (const sample of definition.samples)
        try {
          const message = renderer.render(kind, sample, sampleContext(definition, locale));
          for (const fault of faultsOf(message, definition, sample))
            faults.add(`${kind}: ${fault}`);
        } catch (error) {
          faults.add(error instanceof Error ? error.message : String(error));
        }
  }
  if (faults.size > 0) throw new TemplateError([...faults]);
}

function sampleContext(definition: MessageDefinition, locale: string): RenderContext {
  const createdAt = new Date('2026-01-31T16:20:00Z');
  const expiresAt = new Date(createdAt.getTime() + definition.lifetimeSeconds * 1000);
  return { to: 'ada@example.com', createdAt, expiresAt, locale };
}

function* faultsOf(
  { subject, html, text }: RenderedMessage,
  definition: MessageDefinition,
  sample: Record<string, unknown>,
): Generator<string> {
  for (const name of definition.secrets) {
    const secret = String(sample[name]);
    if (subject.includes(secret)) yield `the subject shows the ${name}`;
    if (!html.includes(secret)) yield `body.html.hbs does not show the ${name}`;
    if (!text.includes(secret)) yield `body.text.hbs does not show the ${name}`;
  }
  if (Buffer.byteLength(html) > MAX_HTML) yield `the HTML has more than ${MAX_HTML} octets`;
}

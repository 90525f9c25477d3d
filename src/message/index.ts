export type { MessageDefinition } from './message-kind.js';
export {
  isMessageKind,
  messageKinds,
  type MessageKind,
  type MessageVariables,
} from './message-kinds.js';
export { MessageModule } from './message.module.js';
export { RenderError, TemplateError, type RenderErrorCode } from './render.errors.js';
export {
  Renderer,
  type Product,
  type RenderContext,
  type RenderedMessage,
} from './renderer.service.js';

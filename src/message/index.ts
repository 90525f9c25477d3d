export type { MessageDefinition } from './message-kind.js';
export { messageKinds, type MessageKind, type MessageVariables } from './message-kinds.js';
export { MessageModule } from './message.module.js';
export { Renderer, type RenderedMessage } from './renderer.service.js';

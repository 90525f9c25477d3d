export {
  CurrentUser,
  Public,
  PUBLIC,
  Role,
  ROLE,
  type AuthenticatedRequest,
  type Principal,
} from './access.decorators.js';
export { ApiProblems } from './api-problems.decorator.js';
export { configureEdge } from './edge.js';
export { EdgeModule } from './edge.module.js';
export { EndingConnections } from './ending-connections.js';
export {
  decodeCursor,
  decodeCursorOf,
  pageOf,
  pageQuery,
  pageQuerySchema,
  pageSchema,
  type Page,
  type Position,
} from './keyset.js';
export { type FieldError, Problem } from './problem.errors.js';
export { SessionCheck } from './session-check.js';
export { cardPage, html, Html, page, pageHeaders } from './page.js';

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
export {
  decodeCursor,
  encodeCursor,
  pageOf,
  pageQuery,
  pageQuerySchema,
  pageSchema,
  type Page,
  type Position,
} from './keyset.js';
export { Problem, type FieldError, type ProblemCode } from './problem.errors.js';
export { requestIdOf } from './request-id.js';
export { SessionCheck } from './session-check.js';
export { AssetsController } from './assets.controller.js';
export { cardPage, html, Html, page, pageHeaders, type Insertable, type PageView } from './page.js';

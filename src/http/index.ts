export {
  CurrentUser,
  Public,
  PUBLIC,
  Role,
  ROLE,
  type AuthenticatedRequest,
  type Principal,
} from './access.decorators.js';
export { Problem, type FieldError } from './problem.errors.js';

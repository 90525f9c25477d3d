export { lockAddress } from './address-lock.query.js';
export { FirstAdmin } from './first-admin.service.js';
export { InvitationAcceptance } from './invitation-acceptance.service.js';
export { InvitationService } from './invitation.service.js';
export {
  type Invitation,
  invitationSchema,
  type NewInvitation,
  newInvitationSchema,
} from './invitation.schemas.js';
export { endSessions } from './session-end.query.js';
export { UserModule } from './user.module.js';
export { toUser, UserRepository } from './user.repository.js';
export { roleSchema, type User, userSchema } from './user.schemas.js';
export { type AccountChange, UserService } from './user.service.js';

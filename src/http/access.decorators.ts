import { createParamDecorator, type ExecutionContext, SetMetadata } from '@nestjs/common';
import type { Request } from 'express';

/** Who is signed in, as the session check of this very request found it. */
export interface Principal {
  readonly userId: string;
  readonly sessionId: string;
  readonly role: 'admin' | 'member';
}

/** A request that the guard has let through; `principal` is absent on public calls. */
export interface AuthenticatedRequest extends Request {
  principal?: Principal;
}

export const PUBLIC = 'gatepost:public';
export const ROLE = 'gatepost:role';

/** Callable without a session. Everything else needs one. */
export const Public = (): MethodDecorator & ClassDecorator => SetMetadata(PUBLIC, true);

/** Callable only with this role. */
export const Role = (role: Principal['role']): MethodDecorator & ClassDecorator =>
  SetMetadata(ROLE, role);

/** The signed-in {@link Principal}. */
export const CurrentUser = createParamDecorator((_data: unknown, context: ExecutionContext) => {
  const { principal } = context.switchToHttp().getRequest<AuthenticatedRequest>();
  if (!principal) throw new Error('@CurrentUser() on a call without a session');
  return principal;
});

import { setTimeout } from 'node:timers/promises';
import {
  applyDecorators,
  type CallHandler,
  type ExecutionContext,
  Injectable,
  type NestInterceptor,
  UseInterceptors,
} from '@nestjs/common';
import { from, lastValueFrom, type Observable } from 'rxjs';
import { holdBack } from './answer-time.js';

@Injectable()
export class EvenAnswerTimeInterceptor implements NestInterceptor {
  intercept(_context: ExecutionContext, next: CallHandler): Observable<unknown> {
    return from(evenly(() => lastValueFrom(next.handle(), { defaultValue: undefined })));
  }
}

/** Good and bad answers alike. */
async function evenly<T>(work: () => Promise<T>): Promise<T> {
  const start = performance.now();
  try {
    return await work();
  } finally {
    await setTimeout(holdBack(performance.now() - start));
  }
}

/** For calls whose time could tell whether an address is known. */
export const EvenAnswerTime = (): MethodDecorator & ClassDecorator =>
  applyDecorators(UseInterceptors(EvenAnswerTimeInterceptor));

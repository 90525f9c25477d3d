import { Inject, Injectable } from '@nestjs/common';
import { Problem } from '#http';
import { SETTINGS, type Settings } from '#settings';
import { PasswordHasher } from './password-hasher.service.js';
import { passwordFault } from './password-policy.js';

/** Where every new password comes through. */
@Injectable()
export class NewPassword {
  constructor(
    private readonly hasher: PasswordHasher,
    @Inject(SETTINGS) private readonly settings: Settings,
  ) {}

  /**
   * @param field its name in the request, for the answer
   * @returns its hash
   * @throws {Problem} `validation-failed` before anything is hashed; `busy`
   */
  async accept(password: string, email: string, field = 'password'): Promise<string> {
    const message = passwordFault(password, {
      minLength: this.settings.passwordMinLength,
      email,
      appName: this.settings.appName,
    });
    if (message !== undefined)
      throw new Problem('validation-failed', 'Choose another password.', {
        errors: [{ field, message }],
      });
    return this.hasher.hash(password);
  }
}

import { type DynamicModule, Global, Module } from '@nestjs/common';
import { Vault } from './vault.service.js';

@Global()
@Module({})
export class VaultModule {
  static forRoot(vault: Vault): DynamicModule {
    return {
      module: VaultModule,
      providers: [{ provide: Vault, useValue: vault }],
      exports: [Vault],
    };
  }
}

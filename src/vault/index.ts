export { secretKey } from './secret-key.js';
export { VaultModule } from './vault.module.js';
export { Vault } from './vault.service.js';

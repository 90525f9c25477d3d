export { Vault } from './vault.service.js';

export { CommandRefused, ControlSocketSilent } from './command.errors.js';
export { CommandModule } from './command.module.js';
export type { CommandInput } from './command.schemas.js';
export { Commands } from './commands.service.js';
export { type ConsentArrival, ConsentListener } from './consent-listener.js';
export { askControlSocket, serveControlSocket } from './control-socket.js';

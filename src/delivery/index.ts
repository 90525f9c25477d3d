export { DeliveryModule } from './delivery.module.js';
export { retryDelay } from './retry-schedule.js';

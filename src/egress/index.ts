export {
  checkSubmissionPort,
  pinnedLookup,
  type Reach,
  resolveHost,
  type ResolvedAddress,
  submissionPorts,
} from './destination.js';
export { HostRefused } from './host.errors.js';
export { isPublicAddress } from './public-address.js';

export { emailAddressSchema, localeSchema, personNameSchema } from './address.schemas.js';
export { mailboxOf, parseEmailAddress, type ParsedEmailAddress } from './email-address.js';

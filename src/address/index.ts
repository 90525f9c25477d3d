export { emailAddressSchema, localeSchema, personNameSchema } from './address.schemas.js';
export { mailboxOf, parseEmailAddress } from './email-address.js';

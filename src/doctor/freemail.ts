/** Mail services for people, by the domains of their addresses, and the servers that send for them. */
const services: readonly { readonly domain: RegExp; readonly server: RegExp }[] = [
  { domain: /^(?:gmail|googlemail)\.com$/, server: /(?:^|\.)(?:gmail|google|googlemail)\.com$/ },
  {
    domain: /^(?:outlook|hotmail|live|msn)\.(?:com|[a-z]{2}|co\.[a-z]{2})$/,
    server: /(?:^|\.)(?:outlook|office365|hotmail|live)\.com$/,
  },
  {
    domain: /^(?:yahoo\.(?:com|[a-z]{2}|co\.[a-z]{2}|com\.[a-z]{2})|ymail\.com|aol\.com)$/,
    server: /(?:^|\.)(?:yahoo|yahoodns|aol)\.(?:com|net)$/,
  },
  { domain: /^(?:icloud|me|mac)\.com$/, server: /(?:^|\.)(?:me|icloud)\.com$/ },
  { domain: /^gmx\.(?:net|de|at|ch|com)$|^web\.de$/, server: /(?:^|\.)(?:gmx\.\w+|web\.de)$/ },
  { domain: /^(?:qq|foxmail)\.com$/, server: /(?:^|\.)qq\.com$/ },
  { domain: /^(?:163|126)\.com$|^yeah\.net$/, server: /(?:^|\.)(?:163|126)\.com$|\.yeah\.net$/ },
  { domain: /^naver\.com$/, server: /(?:^|\.)naver\.com$/ },
  { domain: /^(?:kakao\.com|(?:daum|hanmail)\.net)$/, server: /(?:^|\.)(?:kakao\.com|daum\.net)$/ },
];

const serviceOf = (domain: string) =>
  services.find((candidate) => candidate.domain.test(domain.toLowerCase()));

/** Is this the domain of a mail service for people, whose DNS is none of its users'? */
export const isFreemailDomain = (domain: string): boolean => serviceOf(domain) !== undefined;

/** Is this an address of a mail service for people, sent through somebody else's server? */
export function isForeignFreemail(sender: string, host: string): boolean {
  const service = serviceOf(sender.slice(sender.lastIndexOf('@') + 1));
  return service !== undefined && !service.server.test(host.toLowerCase());
}

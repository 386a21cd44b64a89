/** Whether a host, as `URL.hostname` has it, is this machine itself: what goes there goes over no wire. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '[::1]' || /^127(?:\.\d{1,3}){3}$/u.test(host);
}

/** Whether somebody means an IP address and no DNS name. What is neither, the server refuses. */
export function isIpAddress(text: string): boolean {
  return /^[\d.]+$|:/.test(text);
}

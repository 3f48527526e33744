/** What people call a member of a group at `site`: `det-1`, `det-1.gas` where a point is told, with its site where that is another. */
export function memberName(device: string, point: string | null, site: string): string {
  const name = device.startsWith(`${site}/`) ? device.slice(site.length + 1) : device;
  return point === null ? name : `${name}.${point}`;
}

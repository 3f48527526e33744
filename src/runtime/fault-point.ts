/**
 * Ends the process with SIGKILL at the n-th pass of a named point, as `journal-after-fsync:3` says: fault tests prove
 * with it that a crash at that very place loses nothing. Without a name it does nothing.
 */
export function createFaultPoint(specification: string | undefined): (name: string) => void {
  if (!specification) return () => {};
  const [name, count] = specification.split(':');
  let left = Number(count ?? 1);
  return (passed) => {
    if (passed !== name) return;
    left--;
    if (left <= 0) process.kill(process.pid, 'SIGKILL');
  };
}

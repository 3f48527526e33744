import type { Register } from './alerts/register.ts';
import type { ApiPorts } from './api/ports.ts';

/** What people see and do about alarms, cases and bypasses: the register, at the engine's time. */
export function operatorPorts(register: Register, now: () => number): Pick<ApiPorts, 'alarms' | 'cases' | 'bypasses'> {
  return {
    alarms: {
      list: (filter) => register.list(filter),
      get: (id) => register.get(id),
      acknowledge: (id, command) => register.acknowledge(id, command, now()),
      reset: (id, command) => register.reset(id, command, now()),
      shelve: (id, command) => register.shelve(id, command, now()),
      unshelve: (id, command) => register.unshelve(id, command, now()),
    },
    cases: {
      list: (filter) => register.listCases(filter),
      get: (alarm) => register.caseOf(alarm),
      act: (alarm, command) => register.actOnCase(alarm, command, now()),
    },
    bypasses: {
      list: (filter) => register.listBypasses(filter),
      get: (id) => register.getBypass(id),
      request: (asked) => register.bypass(asked, now()),
      approve: (id, command) => register.approve(id, command, now()),
      lift: (id, command) => register.lift(id, command, now()),
    },
  };
}

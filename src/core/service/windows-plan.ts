import {win32} from 'node:path'
import type {InstallOptions} from './install-options.ts'
import type {InstallPlan, InstallStep} from './plan.ts'
import {winswDefinition} from './windows-service.ts'

/** The service on Windows: folders with their rights, and the wrapper that runs it (WinSW). */
export function windowsPlan(options: InstallOptions): InstallPlan {
  const {layout, needs, createInitScript} = options
  const {definition, executable} = winswPaths(options)
  const conf = win32.dirname(layout.configFile)
  const folder = (path: string): InstallStep => ({kind: 'directory', path, mode: 0o750})
  const service: InstallStep[] = [
    folder(win32.dirname(definition)),
    {kind: 'file', path: definition, mode: 0o640, text: winswDefinition(options)},
    {
      kind: 'run',
      purpose: 'Windows knows the service',
      command: [executable, 'install'],
      unless: ['sc.exe', 'query', 'authproxy'],
    },
    {
      kind: 'run',
      purpose: 'it runs with rights of its own only',
      command: ['sc.exe', 'sidtype', 'authproxy', 'unrestricted'],
    },
  ]
  return {
    summary: `authproxy runs as a Windows service with ${layout.configFile}`,
    steps: [
      ...[layout.root, conf, needs.logDirectory, layout.runDirectory, needs.stateDirectory].map(folder),
      // By their numbers, since the names differ with the language: Administrators, SYSTEM, LocalService.
      icacls(conf, 'read', '*S-1-5-32-544:(OI)(CI)F', '*S-1-5-18:(OI)(CI)F', '*S-1-5-19:(OI)(CI)R'),
      ...[needs.logDirectory, layout.runDirectory, needs.stateDirectory].map((path) =>
        icacls(path, 'write', '*S-1-5-32-544:(OI)(CI)F', '*S-1-5-18:(OI)(CI)F', '*S-1-5-19:(OI)(CI)M'),
      ),
      ...(createInitScript ? service : []),
    ],
    obstacles: [],
    afterwards: [
      `WinSW 3 must stand at ${executable}: it is the service's wrapper and not part of this package`,
      `authproxy validate ${layout.configFile}`,
      'sc.exe start authproxy',
    ],
  }
}

/** Takes away what starts the service. */
export function windowsRemoval(options: InstallOptions): InstallStep[] {
  const {definition, executable} = winswPaths(options)
  return [
    {kind: 'run', purpose: 'stopped', command: [executable, 'stop'], mayFail: true},
    {kind: 'run', purpose: 'Windows forgets the service', command: [executable, 'uninstall'], mayFail: true},
    {kind: 'remove', path: definition},
  ]
}

function icacls(path: string, right: 'read' | 'write', ...grants: readonly string[]): InstallStep {
  return {
    kind: 'run',
    purpose: `administrators own ${path}, the service may ${right} there, nobody else`,
    command: ['icacls', path, '/inheritance:r', ...grants.flatMap((grant) => ['/grant:r', grant])],
  }
}

function winswPaths({layout}: InstallOptions): {definition: string; executable: string} {
  const folder = win32.join(layout.root, 'service')
  return {
    definition: win32.join(folder, 'authproxy-service.xml'),
    executable: win32.join(folder, 'authproxy-service.exe'),
  }
}

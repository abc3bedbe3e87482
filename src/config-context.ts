import type {ConfigContext} from './core/config/context.ts'

/** What loading a configuration takes from this machine. The rooms it asks for words are loaded here, not before. */
export async function configContext(options: {resolve: boolean} = {resolve: true}): Promise<ConfigContext> {
  const [{vocabulary}, {readLocalFile}, {sspiProblem}] = await Promise.all([
    import('./core/engine/vocabulary.ts'),
    import('./core/config/read-file.ts'),
    import('./core/primary/ldap/sspi-bind.ts'),
  ])
  return {
    vocabulary,
    readFile: readLocalFile,
    env: process.env,
    platform: process.platform,
    unprotect: () => ({ok: false, reason: 'this release cannot read it'}),
    hasKerberos: (await sspiProblem()) === undefined,
    resolve: options.resolve,
  }
}

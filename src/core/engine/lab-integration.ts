import type {Config} from '../config/schema.ts'
import {Fault} from '../fault.ts'
import {labKeys} from '../simulate/lab-keys.ts'

/** Refuses to serve with the keys of `authproxy lab`, which everybody has, unless that is what is wanted. */
export function refuseLab({sections, path}: Config, allowed: boolean): void {
  if (allowed) return
  const section = sections.find(({options}) => 'ikey' in options && options.ikey === labKeys.ikey)
  if (section === undefined) return
  throw new Fault(
    'config-invalid',
    `${path}: [${section.name}] has the integration key of "authproxy lab", whose secret is in every copy of this program`,
    {hint: 'put in the keys of your own application; to try the lab itself: authproxy serve --lab'},
  )
}

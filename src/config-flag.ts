import * as Flags from '@oclif/core/flags'
import {configPlaces} from './config-file.ts'

/** `-c/--config`, the same for every command that reads the file. */
export const configFlag = Flags.string({
  char: 'c',
  helpValue: 'FILE',
  description: `The configuration file; else $AUTHPROXY_CONFIG, else the first there is of ${configPlaces.join(', ')}`,
})

import type {SocketOptions} from 'node:dgram'

/**
 * For sockets that send to addresses only: dgram takes each one to the system's resolver otherwise, and back a turn of the
 * event loop later.
 */
export const literalLookup: NonNullable<SocketOptions['lookup']> = (address, _options, callback) => {
  callback(null, address, address.includes(':') ? 6 : 4)
}

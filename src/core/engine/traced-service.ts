import type {Log} from '../log/log.ts'
import {formatEndpoint} from '../network.ts'
import {codeName, dumpAttributes, dumpPacket} from '../radius/dump.ts'
import type {Service} from '../radius/served-request.ts'

/** Puts every request that is served and every answer to one into the log, readably: for debug. */
export function tracedService(service: Service, log: Log): Service {
  return async (request) => {
    const {from, packet, client} = request
    const where = {section: client.section, peer: formatEndpoint(from)}
    log.emit('radius.packet', {...where, direction: 'received', lines: dumpPacket(packet)})
    const answer = await service(request)
    if (typeof answer !== 'string') {
      const lines = [`${codeName(answer.code)} id ${packet.identifier}`, ...dumpAttributes(answer.attributes)]
      log.emit('radius.packet', {...where, direction: 'sent', lines}, answer.login)
    }
    return answer
  }
}

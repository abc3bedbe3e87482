// A bare UDP echo: what Node itself can do. Prints its port and serves until its standard input ends.
import {createSocket} from 'node:dgram'

const socket = createSocket('udp4')
socket.on('message', (datagram, {port, address}) => socket.send(datagram, port, address))
socket.bind(0, '127.0.0.1', () => {
  socket.setRecvBufferSize(4 * 1024 * 1024)
  console.log(JSON.stringify({port: socket.address().port}))
})
process.stdin.on('end', () => process.exit(0)).resume()

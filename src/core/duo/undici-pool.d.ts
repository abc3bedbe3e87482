// undici's index loads fetch, WebSocket, caches and more, 80 modules that are not needed here: 7 MB and 30 ms of a start.
declare module 'undici/lib/dispatcher/pool.js' {
  import {Pool} from 'undici'

  // biome-ignore lint/style/noDefaultExport: what importing a CommonJS module gives.
  export {Pool as default}
}

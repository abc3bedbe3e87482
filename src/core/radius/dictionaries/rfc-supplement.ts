import type {AttributeRow} from './vendor.ts'

/** RFC attributes that the `radius` package has not got, or types wrongly; a row here wins over the package's. */
export const rfcSupplement: readonly AttributeRow[] = [
  // RFC 4372 2.1 and RFC 4072 3: opaque octets, which the package takes for text.
  {name: 'Chargeable-User-Identity', type: 89, kind: 'octets'},
  {name: 'EAP-Key-Name', type: 102, kind: 'octets'},
  // RFC 7155 4.2.4
  {name: 'Originating-Line-Info', type: 94, kind: 'octets'},
  // RFC 5447 4.2
  {name: 'MIP6-Feature-Vector', type: 124, kind: 'integer64'},
  {name: 'MIP6-Home-Link-Prefix', type: 125, kind: 'octets'},
  // RFC 6519 4 and RFC 6572 4
  {name: 'DS-Lite-Tunnel-Name', type: 144, kind: 'text'},
  {name: 'Mobile-Node-Identifier', type: 145, kind: 'octets'},
  {name: 'Service-Selection', type: 146, kind: 'text'},
  // RFC 6677 7, RFC 7055 4
  {name: 'EAP-Lower-Layer', type: 163, kind: 'integer'},
  {name: 'GSS-Acceptor-Service-Name', type: 164, kind: 'text'},
  {name: 'GSS-Acceptor-Host-Name', type: 165, kind: 'text'},
  {name: 'GSS-Acceptor-Service-Specifics', type: 166, kind: 'text'},
  {name: 'GSS-Acceptor-Realm-Name', type: 167, kind: 'text'},
  // RFC 6911 3
  {name: 'Framed-IPv6-Address', type: 168, kind: 'ipv6addr'},
  {name: 'DNS-Server-IPv6-Address', type: 169, kind: 'ipv6addr'},
  {name: 'Route-IPv6-Information', type: 170, kind: 'ipv6prefix'},
  {name: 'Delegated-IPv6-Prefix-Pool', type: 171, kind: 'text'},
  {name: 'Stateful-IPv6-Address-Pool', type: 172, kind: 'text'},
  // RFC 7268 2
  {name: 'Allowed-Called-Station-Id', type: 174, kind: 'text'},
  {name: 'EAP-Peer-Id', type: 175, kind: 'octets'},
  {name: 'EAP-Server-Id', type: 176, kind: 'octets'},
  {name: 'Mobility-Domain-Id', type: 177, kind: 'integer'},
  {name: 'Preauth-Timeout', type: 178, kind: 'integer'},
  {name: 'Network-Id-Name', type: 179, kind: 'octets'},
  {name: 'EAPoL-Announcement', type: 180, kind: 'octets'},
  {name: 'WLAN-HESSID', type: 181, kind: 'text'},
  {name: 'WLAN-Venue-Info', type: 182, kind: 'integer'},
  {name: 'WLAN-Venue-Language', type: 183, kind: 'octets'},
  {name: 'WLAN-Venue-Name', type: 184, kind: 'text'},
  {name: 'WLAN-Reason-Code', type: 185, kind: 'integer'},
  {name: 'WLAN-Pairwise-Cipher', type: 186, kind: 'integer'},
  {name: 'WLAN-Group-Cipher', type: 187, kind: 'integer'},
  {name: 'WLAN-AKM-Suite', type: 188, kind: 'integer'},
  {name: 'WLAN-Group-Mgmt-Cipher', type: 189, kind: 'integer'},
  {name: 'WLAN-RF-Band', type: 190, kind: 'integer'},
]

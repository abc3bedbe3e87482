/**
 * Texts that gateways and people match on, word for word those of the proxy we are compatible with
 * (compatibility: order of events, fail mode, result of auth), and the ones of ours.
 */
export const texts = {
  undecodablePassword: 'Cannot decode password',
  noUserName: 'No username provided',
  noPassword: 'No password or CHAP2 attributes provided',
  badUserName: 'Invalid User',
  exempt: 'User exempted from 2FA',
  failmodeSafe: 'Failmode Safe - Allowed Duo login on preauth failure',
  failmodeSecure: 'Failmode Secure - Denied Duo login on preauth failure',
  failmodeIgnore: 'Failmode Ignore - Left Duo login unanswered on preauth failure',
  primaryOnly: 'Primary Only Mode - Secondary authentication bypassed',
  authFailure: 'Denied Duo login on auth failure',
  authTimeout: 'Denied Duo login due to timeout',
  noPasswordProvided: 'No password provided',
  invalidPassword: 'Invalid Password',
  unknownChallenge: 'Unknown Challenge',
  enrollmentSent: 'User is not enrolled. Enrollment link sent.',
  finishEnrollment: 'Please complete the enrollment process and login again',
  noFactor: 'None of the ways to log in that this service offers is set up for you.',
  answerDiffers: 'Another answer to this prompt is still being checked. Please log in again.',
  startOver: 'This login was interrupted. Please log in again.',
  overloaded: 'The login service is busy. Please try again.',
  internalError: 'The login could not be completed. Please log in again.',
  pushWithheld: 'Requests to your phone are paused, as several were denied or left unanswered. Please type a passcode.',
  tooManyTries: 'Too many wrong passwords were tried. Please try again in a moment.',
  pushesFull: 'Too many users are being asked on their phones. Please type a passcode, or try again in a minute.',
  pushPending: 'A request is already waiting on your phone: answer it, or type a passcode.',
} as const

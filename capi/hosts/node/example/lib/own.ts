// The app has no log-in: it serves this machine alone. These checks keep other sites out of it.

/** Refuses what a page of another site sends by the user's browser. */
export function foreign(request: Request): Response | null {
  const site = request.headers.get('sec-fetch-site');
  const type = request.headers.get('content-type') ?? '';
  const own = site === null || site === 'same-origin';
  if (own && type.startsWith('application/json')) return null;
  return Response.json({ failure: null, message: 'not for other sites' }, { status: 403 });
}

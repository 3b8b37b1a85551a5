// An identity provider: what Okta's provisioning sends, with the two values an admin copied.

export interface Person {
  id: string;
  userName: string;
}

export class IdentityProvider {
  constructor(
    private readonly baseUrl: string,
    private readonly token: string,
  ) {}

  /** Okta's connection test. */
  async test(): Promise<number> {
    return (await this.send("GET", "/Users?startIndex=1&count=2")).status;
  }

  async createUser(userName: string, givenName: string, familyName: string): Promise<Person> {
    const response = await this.send("POST", "/Users", {
      schemas: ["urn:ietf:params:scim:schemas:core:2.0:User"],
      userName,
      name: { givenName, familyName },
      displayName: `${givenName} ${familyName}`,
      emails: [{ primary: true, value: userName, type: "work" }],
      externalId: `00u${userName}`,
      groups: [],
      active: true,
    });
    if (response.status !== 201) throw new Error(`create: ${response.status} ${await response.text()}`);
    return response.json();
  }

  async createGroup(displayName: string, members: Person[]): Promise<void> {
    const response = await this.send("POST", "/Groups", {
      schemas: ["urn:ietf:params:scim:schemas:core:2.0:Group"],
      displayName,
      members: members.map(({ id, userName }) => ({ value: id, display: userName })),
    });
    if (response.status !== 201) throw new Error(`group: ${response.status} ${await response.text()}`);
  }

  async setActive(person: Person, active: boolean): Promise<void> {
    const response = await this.send("PATCH", `/Users/${person.id}`, {
      schemas: ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
      Operations: [{ op: "replace", value: { active } }],
    });
    if (response.status !== 200) throw new Error(`active: ${response.status} ${await response.text()}`);
  }

  /** A request that is refused; gives the `detail`. */
  async refused(method: string, path: string, body?: unknown): Promise<string> {
    const response = await this.send(method, path, body);
    if (response.status < 400) throw new Error(`not refused: ${response.status}`);
    return (await response.json()).detail;
  }

  private send(method: string, path: string, body?: unknown): Promise<Response> {
    return fetch(this.baseUrl + path, {
      method,
      headers: {
        authorization: `Bearer ${this.token}`,
        "content-type": "application/scim+json; charset=utf-8",
        "user-agent": "Okta SCIM Client 1.0.0",
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  }
}

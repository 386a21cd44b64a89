/** What stands there at first. */
const FIRST = '1.0.0';

/** The name of an app's image, without its registry. */
export function imageOf(app: number): string {
  return `team/${nameOf(app)}`;
}

/**
 * A main repository with a Deployment, a Service and a ConfigMap for each app; the images of the first `ruled` apps are kept
 * by a rule each, which looks into all of them.
 */
export function fleet(registry: string, apps: number, ruled: number): Record<string, string> {
  const rules = Array.from({ length: ruled }, (_, app) =>
    [
      `  - name: fleet:${nameOf(app)}`,
      `    image: ${registry}/${imageOf(app)}`,
      '    policy: { semver: ">=1.0.0" }',
      '    files: ["apps/**/*.yaml"]',
    ].join('\n'),
  );
  const files: Record<string, string> = { 'gitferry.yaml': `images:\n${rules.join('\n')}\n` };
  for (let app = 0; app < apps; app += 1) {
    const name = nameOf(app);
    const folder = `apps/group-${Math.floor(app / 50)}/${name}`;
    files[`${folder}/deployment.yaml`] = deployment(name, `${registry}/${imageOf(app)}:${FIRST}`);
    files[`${folder}/service.yaml`] = service(name);
    files[`${folder}/settings.yaml`] = settings(name);
  }
  return files;
}

/** Where an app's image stands. */
export function deploymentOf(app: number): string {
  return `apps/group-${Math.floor(app / 50)}/${nameOf(app)}/deployment.yaml`;
}

function nameOf(app: number): string {
  return `app-${String(app).padStart(4, '0')}`;
}

function deployment(name: string, image: string): string {
  return `apiVersion: apps/v1
kind: Deployment
metadata:
  name: ${name}
  labels: { app: ${name} }
spec:
  replicas: 2
  selector:
    matchLabels: { app: ${name} }
  template:
    metadata:
      labels: { app: ${name} }
    spec:
      containers:
        - name: main
          image: ${image}
          ports:
            - containerPort: 8080
          resources:
            requests: { cpu: 10m, memory: 32Mi }
            limits: { memory: 64Mi }
        - name: proxy
          image: quay.io/acme/proxy:3.2.1
`;
}

function service(name: string): string {
  return `apiVersion: v1
kind: Service
metadata:
  name: ${name}
spec:
  selector: { app: ${name} }
  ports:
    - port: 80
      targetPort: 8080
`;
}

function settings(name: string): string {
  return `apiVersion: v1
kind: ConfigMap
metadata:
  name: ${name}
data:
  LOG_LEVEL: info
  ADDRESS: http://${name}.default.svc
`;
}

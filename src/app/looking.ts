/** Opens a project for commands that only look (SPEC C13), and closes it again. */
import type { RunEventBody } from '../model/event.ts';
import { openProject, openState, type Project, type ProjectRequest, type ProjectState } from './project.ts';

/** What opening the state has to tell is gathered in `notices`. */
export async function looking<T>(
  request: ProjectRequest,
  use: (project: Project, state: ProjectState, notices: RunEventBody[]) => Promise<T>,
): Promise<T> {
  const project = await openProject(request);
  const notices: RunEventBody[] = [];
  const state = await openState(project, {
    readOnly: true,
    rehash: false,
    environment: request.environment,
    notice: (notice) => notices.push(notice),
  });
  try {
    return await use(project, state, notices);
  } finally {
    state.close();
  }
}
